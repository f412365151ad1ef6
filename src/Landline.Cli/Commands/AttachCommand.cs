using System.CommandLine;
using System.CommandLine.Parsing;
using Landline.Cli.Attaching;
using Landline.Cli.Daemons;
using Landline.Cli.Environments;
using Landline.Cli.Launching;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary>What <c>intercept</c>, <c>replace</c>, <c>wiretap</c> and <c>ingest</c> have in common: whom they attach to, and how it is told.</summary>
internal sealed class AttachCommand
{
    /// <summary>RFC 1123: a label, so that the name can be an object's and part of a path.</summary>
    private const int LongestName = 63;

    private readonly AttachmentType _type;
    private readonly Argument<string> _name = new("name")
    {
        Description = "The attachment's name; also the workload's (NAME or KIND/NAME) unless -w says otherwise",
    };

    private readonly Option<string?> _workload = new("--workload", "-w")
    {
        Description = "The workload, as NAME or KIND/NAME such as deploy/web", HelpName = "WORKLOAD",
    };

    private readonly Option<string?> _container = new("--container")
    {
        Description = "The container; the one that has the port if not given", HelpName = "CONTAINER",
    };

    private readonly CommandLineArgument _commandLine = new(
        "After --: a command to run with the container's environment; its exit code is returned, and the attachment ends with it");

    private readonly PodOptions _pod;
    private readonly EnvironmentOptions _environment = new();
    private readonly ConnectionSelection _connection = new();
    private readonly Option<OutputFormat> _format = FormatOption.Create();
    private Func<AttachRequest, ParseResult, AttachRequest> _apply = (request, _) => request;

    public AttachCommand(string name, string description, AttachmentType type)
    {
        _type = type;
        _pod = new PodOptions(isReadOnly: type is AttachmentType.Wiretap or AttachmentType.Ingest);
        Command = new Command(name, description) { _name, _commandLine, _workload, _container };
    }

    public Command Command { get; }

    /// <param name="apply">Adds what the command's own options say.</param>
    public Command Complete(Func<AttachRequest, ParseResult, AttachRequest> apply)
    {
        _apply = apply;
        _pod.AddTo(Command);
        _environment.AddTo(Command);
        _connection.AddTo(Command);
        Command.Add(_format);
        Command.Validators.Add(Validate);
        Command.SetAction(RunAsync);
        return Command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string[] commandLine = parse.GetValue(_commandLine) ?? [];
        AttachRequest request = Request(parse) with { Hold = commandLine.Length > 0 };
        ConnectionDirectory directory = await _connection.ChooseAsync(parse, cancellationToken);
        TextWriter errors = parse.InvocationConfiguration.Error;
        using var ending = new CancellationTokenSource();
        await using var call = new AttachCall(directory, request);
        call.Ended += ended =>
        {
            string sentence = $"Attachment '{request.Name}' has ended: {ended.Reason.TrimEnd('.')}.";
            errors.Write(ended.IsMeant
                ? $"{sentence} The command is asked to end too.\n"
                : $"warning: {sentence} The command goes on without it.\n");
            if (ended.IsMeant)
            {
                ending.Cancel();
            }
        };
        AttachedEvent attached;
        using (var progress = new ProgressLine(errors))
        {
            if (!Console.IsErrorRedirected)
            {
                call.Progress += progress.Report;
            }

            attached = await call.StartAsync(cancellationToken);
        }

        bool isKept = false;
        try
        {
            IReadOnlyDictionary<string, string> variables = await ReadVariablesAsync(parse, call, attached, cancellationToken);
            Tell(parse, attached);
            isKept = !request.Hold;
            return commandLine.Length == 0
                ? ExitCodes.Done
                : await ConnectedCommand.RunAsync(commandLine, variables, ending.Token);
        }
        finally
        {
            if (!isKept)
            {
                await call.DetachAsync();
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, string>> ReadVariablesAsync(
        ParseResult parse, AttachCall call, AttachedEvent attached, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_commandLine) is not { Length: > 0 } && !_environment.IsWanted(parse))
        {
            return new Dictionary<string, string>();
        }

        WorkloadEnvironment environment = await call.ReadEnvironmentAsync(cancellationToken);
        var variables = WorkloadVariables.Of(environment, attached.Attachment, _environment.Selection(parse));
        await _environment.WriteFilesAsync(parse, variables, cancellationToken);
        return variables;
    }

    // The output belongs to the command, or to the environment if it was asked for there.
    private void Tell(ParseResult parse, AttachedEvent attached)
    {
        bool hasCommand = parse.GetValue(_commandLine) is { Length: > 0 };
        TextWriter errors = parse.InvocationConfiguration.Error;
        foreach (WarningInfo warning in attached.Warnings)
        {
            errors.Write($"warning: {warning.Title}\n   hint: {warning.Hint}\n");
        }

        FactWriter.Write(
            hasCommand || _environment.TakesOutput(parse) ? errors : parse.InvocationConfiguration.Output,
            parse.GetValue(_format),
            attached.Attachment,
            static () => DaemonJson.Default.AttachmentInfo,
            hasCommand ? AttachmentText.Write : AttachmentText.WriteWithHint);
    }

    private AttachRequest Request(ParseResult parse)
    {
        string name = parse.GetValue(_name)!;
        _ = WorkloadArgument.TryParse(parse.GetValue(_workload) ?? name, out AttachmentWorkload? workload);
        var request = new AttachRequest
        {
            Name = NameOf(name),
            Spec = new AttachmentSpec { Type = _type, Workload = workload!, Container = parse.GetValue(_container) },
        };
        return _apply(_pod.ApplyTo(request, parse), parse);
    }

    private void Validate(CommandResult result)
    {
        string? name = result.GetGiven(_name);
        string? workload = result.GetGiven(_workload);
        bool isWrongWorkload = (workload ?? name) is { } meant && !WorkloadArgument.TryParse(meant, out _);
        if (isWrongWorkload)
        {
            result.AddError($"'{workload ?? name}' is no workload such as web or deploy/web; the kinds are {string.Join(", ", WorkloadArgument.KindNames)}.");
        }

        if (name is not null && !IsName(NameOf(name)) && (workload is not null || !isWrongWorkload))
        {
            result.AddError($"'{name}' cannot name an attachment: it takes lower-case letters, digits and hyphens, at most {LongestName}.");
        }
    }

    // KIND/NAME names the workload; the attachment takes the second part.
    private static string NameOf(string text) => text[(text.LastIndexOf('/') + 1)..];

    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-'
        && name[^1] != '-';
}
