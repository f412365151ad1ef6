using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Landline.Cli.Daemons;
using Landline.Cli.Launching;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Commands;

/// <summary><c>landline connect</c>.</summary>
internal sealed class ConnectCommand
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromMinutes(2);

    // As the Connection object's schema has it.
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromHours(24);

    private static readonly Dictionary<string, string> NoVariables = [];

    private readonly Option<string?> _namespace = ConnectionOptions.Namespace();
    private readonly Option<string?> _context = ConnectionOptions.Context();
    private readonly Option<string?> _kubeconfig = ConnectionOptions.Kubeconfig();
    private readonly Option<string?> _actAs = ConnectionOptions.ActAs();
    private readonly Option<string?> _name = ConnectionOptions.Name("The connection's name; the context's if not given");
    private readonly Option<string[]> _alsoProxy = OptionShapes.List(
        "--also-proxy", "HOST|IP|CIDR[:PORT]", "Route this into the cluster too, with all of its ports; host names are resolved there");
    private readonly Option<string[]> _neverProxy = OptionShapes.List(
        "--never-proxy", "CIDR", "Never route this into the cluster");
    private readonly Option<string[]> _mappedNamespaces = OptionShapes.List(
        "--mapped-namespaces", "NAMESPACES", "Resolve names of these namespaces only (comma-separated)");
    private readonly Option<string> _managerNamespace = ConnectionOptions.ManagerNamespace();
    private readonly Option<string?> _managerAddress = new("--manager-address")
    {
        Description = "Reach the manager directly here instead of through the API server",
        HelpName = "HOST:PORT",
    };

    private readonly Option<TimeSpan> _grace = new("--grace")
    {
        Description = "How long open connections wait for a network that went away: 30s, 2m, 1h; 2m if not given",
        HelpName = "DURATION",
        CustomParser = ParseDuration,
    };

    private readonly Option<OutputFormat> _format = FormatOption.Create();
    private readonly CommandLineArgument _commandLine = new(
        "After --: a command to run while connected; its exit code is returned");

    public static Command Create()
    {
        var connect = new ConnectCommand();
        var command = new Command("connect", "Make this machine part of a cluster")
        {
            connect._namespace, connect._context, connect._kubeconfig, connect._actAs, connect._name, connect._alsoProxy,
            connect._neverProxy, connect._mappedNamespaces, connect._managerNamespace, connect._managerAddress,
            connect._grace, connect._format, connect._commandLine,
        };
        command.Validators.Add(connect.Validate);
        command.SetAction(connect.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string[] commandLine = parse.GetValue(_commandLine) ?? [];
        ConnectRequest request = await Task.Run(() => Request(parse), cancellationToken) with { Hold = commandLine.Length > 0 };
        ConnectionDirectory directory = RuntimeDirectory
            .ForCurrentUser(Environment.GetEnvironmentVariable)
            .Create(request.Name);
        TextWriter errors = parse.InvocationConfiguration.Error;
        await using var connecting = new Connecting(new DaemonLauncher(TimeProvider.System), new RootProgram(TimeProvider.System));
        using (var progress = new ProgressLine(errors))
        {
            if (!Console.IsErrorRedirected)
            {
                connecting.Progress += progress.Report;
            }

            connecting.LoginSays += progress.Say;
            ConnectedEvent connected = await connecting.RunAsync(directory, request, cancellationToken);
            progress.Clear();

            // The output belongs to the command, if there is one.
            FactWriter.Write(
                commandLine.Length == 0 ? parse.InvocationConfiguration.Output : errors,
                parse.GetValue(_format),
                connected.Connection,
                static () => DaemonJson.Default.ConnectionInfo,
                WriteText);
            if (commandLine.Length == 0)
            {
                return ExitCodes.Done;
            }

            return await RunConnectedAsync(commandLine, directory, connected, errors);
        }
    }

    private static async Task<int> RunConnectedAsync(
        string[] commandLine, ConnectionDirectory directory, ConnectedEvent connected, TextWriter errors)
    {
        var held = new HeldConnection(directory, connected, TimeProvider.System);
        using var over = new CancellationTokenSource();
        Task watching = WarnOfEndAsync(directory, errors, over.Token);
        try
        {
            return await ConnectedCommand.RunAsync(commandLine, NoVariables, CancellationToken.None);
        }
        finally
        {
            await over.CancelAsync();
            await watching;
            await ReleaseAsync(held, errors);
        }
    }

    // The command's exit code is what was asked for, whatever becomes of the connection.
    private static async Task ReleaseAsync(HeldConnection held, TextWriter errors)
    {
        try
        {
            await held.ReleaseAsync();
        }
        catch (UserErrorException e)
        {
            await errors.WriteAsync($"warning: {e.Message}\n hint: {e.Hint}\n");
        }
    }

    private static async Task WarnOfEndAsync(ConnectionDirectory directory, TextWriter errors, CancellationToken over)
    {
        try
        {
            string reason = await new ConnectionEnd(directory, TimeProvider.System).WaitAsync(over);
            await errors.WriteAsync(
                $"warning: Connection '{directory.ConnectionName}' has ended: {reason.TrimEnd('.')}. The command goes on without it.\n");
        }
        catch (OperationCanceledException)
        {
            // The command has ended first.
        }
    }

    private ConnectRequest Request(ParseResult parse)
    {
        // The daemon runs elsewhere than the command.
        string? file = parse.GetValue(_kubeconfig) is { } given ? Path.GetFullPath(given) : null;
        ClusterTarget target = ClusterTarget.Load(
            file, parse.GetValue(_context), parse.GetValue(_namespace), parse.GetValue(_actAs));
        return new ConnectRequest
        {
            Name = parse.GetValue(_name) ?? ConnectionName.FromContext(target.Context),
            Kubeconfig = file is null ? Absolute(Environment.GetEnvironmentVariable("KUBECONFIG")) : null,
            KubeconfigFile = file,
            Context = target.Context,
            Namespace = target.Namespace,
            ActAs = parse.GetValue(_actAs),
            AlsoProxy = parse.GetValue(_alsoProxy) ?? [],
            NeverProxy = parse.GetValue(_neverProxy) ?? [],
            MappedNamespaces = [.. (parse.GetValue(_mappedNamespaces) ?? [])
                .SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            ManagerNamespace = parse.GetValue(_managerNamespace)!,
            ManagerAddress = parse.GetValue(_managerAddress),
            GracePeriodSeconds = (int)(parse.GetResult(_grace) is null ? DefaultGrace : parse.GetValue(_grace)).TotalSeconds,
        };
    }

    private void Validate(CommandResult result)
    {
        foreach (string value in result.GetGiven(_alsoProxy) ?? [])
        {
            if (!ProxyTarget.TryParse(value, out _))
            {
                result.AddError($"--also-proxy: '{value}' is no address, subnet or host name.");
            }
        }

        foreach (string value in result.GetGiven(_neverProxy) ?? [])
        {
            if (!ProxyTarget.TryParseSubnet(value, out _))
            {
                result.AddError($"--never-proxy: '{value}' is no subnet such as 192.0.2.0/24.");
            }
        }

        if (result.GetGiven(_managerAddress) is { } address && !ManagerAddress.TryParse(address, out _))
        {
            result.AddError($"--manager-address: '{address}' is not of the form HOST:PORT.");
        }
    }

    private static string? Absolute(string? paths) => string.IsNullOrEmpty(paths)
        ? null
        : string.Join(':', paths.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(Path.GetFullPath));

    private static void WriteText(TextWriter output, ConnectionInfo connection) => output.WriteLine(
        connection.Context is null
            ? $"Connected, namespace {connection.Namespace} ({connection.Server})"
            : $"Connected to context {connection.Context}, namespace {connection.Namespace} ({connection.Server})");

    private static TimeSpan ParseDuration(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        TimeSpan? unit = text.LastOrDefault() switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            _ => null,
        };
        if (unit is { } one
            && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count <= LongestGrace / one
            && one * count >= ShortestGrace)
        {
            return one * count;
        }

        result.AddError($"--grace: '{text}' is no duration such as 30s, 2m or 1h (5s to 24h).");
        return default;
    }
}
