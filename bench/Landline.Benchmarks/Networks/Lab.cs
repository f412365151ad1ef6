using System.Diagnostics;

namespace Landline.Benchmarks.Networks;

/// <summary>The lab's cluster and the developer's machine beside it.</summary>
/// <param name="root">Of the repository.</param>
internal sealed class Lab(string root)
{
    private readonly string _program = Path.Combine(root, "lab", "lab");

    public string Landline { get; } = Path.Combine(root, "artifacts", "landline");

    public Task<string> RunAsync(params string[] arguments) => Command.RunAsync(_program, arguments);

    public Task<string> KubectlAsync(params string[] arguments) => RunAsync(["kubectl", .. arguments]);

    public Task<string> OnLaptopAsync(params string[] command) => RunAsync(["laptop", .. command]);

    public Task<string> LandlineAsync(params string[] arguments) => OnLaptopAsync([Landline, .. arguments]);

    /// <summary>Starts a program on the laptop that runs until it is killed or its standard input ends.</summary>
    public Process StartOnLaptop(params string[] command) => Command.Start(_program, ["laptop", .. command]);
}
