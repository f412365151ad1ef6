using System.Text.Json.Nodes;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// The developer's machine, as one of its users: root, or an ordinary user of the test machine. Programs run in the lab's laptop namespace,
/// Landline's sockets and logs lie in a folder of the test run's own.
/// </summary>
internal sealed class Laptop
{
    private readonly string? _user;
    private readonly string _program;
    private readonly Dictionary<string, string> _environment;

    private Laptop(string? user, string program, string runtimeDirectory, string kubeconfig)
    {
        _user = user;
        _program = program;
        _environment = new Dictionary<string, string>
        {
            ["LANDLINE_RUNTIME_DIR"] = runtimeDirectory,
            ["KUBECONFIG"] = kubeconfig,
        };
    }

    /// <summary>The administrator of the machine and of the cluster.</summary>
    public static Laptop Root { get; } = new(null, SourceTree.Landline, "/tmp/landline-e2e-root", Lab.AdminKubeconfig);

    public static Laptop As(string user, string program, string runtimeDirectory) =>
        new(user, program, runtimeDirectory, Lab.AdminKubeconfig);

    public string RuntimeDirectory => _environment["LANDLINE_RUNTIME_DIR"];

    /// <summary>The same user, who sees nothing of the connections that stand: they are in the other folder.</summary>
    public Laptop Apart(string runtimeDirectory) => new(_user, _program, runtimeDirectory, _environment["KUBECONFIG"]);

    public Laptop With(string kubeconfig) => new(_user, _program, RuntimeDirectory, kubeconfig);

    public Task<ProgramResult> RunAsync(params IEnumerable<string> command) => Lab.RunAsync(Arguments(command), _environment);

    public ProgramRun Start(params IEnumerable<string> command) => Lab.Start(Arguments(command), _environment);

    public async Task<string> SucceedAsync(params IEnumerable<string> command) => (await RunAsync(command)).Succeeded();

    public Task<ProgramResult> LandlineAsync(params IEnumerable<string> arguments) => RunAsync([_program, .. arguments]);

    public ProgramRun StartLandline(params IEnumerable<string> arguments) => Start([_program, .. arguments]);

    public async Task<string> ConnectAsync(string @namespace, params IEnumerable<string> arguments) =>
        (await LandlineAsync(["connect", "--namespace", @namespace, .. arguments])).Succeeded();

    public async Task QuitAsync() => (await LandlineAsync("quit", "--all")).Succeeded();

    public async Task<JsonNode> StatusAsync() =>
        JsonNode.Parse((await LandlineAsync("status", "--format", "json")).Succeeded())!;

    /// <summary>The status of the only connection, or null where there is none.</summary>
    public async Task<string?> ConnectionStatusAsync() =>
        (await StatusAsync())["connections"]!.AsArray().SingleOrDefault()?["status"]!.GetValue<string>();

    /// <summary>Plain sockets: one command of Client/client.py.</summary>
    public async Task<JsonNode> ClientAsync(params IEnumerable<string> arguments) =>
        JsonNode.Parse(await SucceedAsync(ClientCommand(arguments)))!;

    public ProgramRun StartClient(params IEnumerable<string> arguments) => Start(ClientCommand(arguments));

    public Task<string> CurlAsync(string url) => SucceedAsync("curl", "--silent", "--show-error", "--fail", "--max-time", "10", url);

    /// <summary>Answers of one type, short form, one a line.</summary>
    public async Task<string[]> DigAsync(params IEnumerable<string> query) =>
        (await SucceedAsync(["dig", "+short", "+timeout=3", "+tries=2", .. query])).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] ClientCommand(IEnumerable<string> arguments) =>
        ["/usr/bin/python3", Path.Combine(SourceTree.Tests, "Client", "client.py"), .. arguments];

    private string[] Arguments(IEnumerable<string> command) =>
        _user is null ? ["laptop", .. command] : ["laptop-as", _user, .. command];
}
