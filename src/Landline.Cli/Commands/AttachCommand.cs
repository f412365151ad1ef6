using System.CommandLine;
using System.CommandLine.Parsing;
using Landline.Cli.Attaching;
using Landline.Cli.Daemons;
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

    private readonly ConnectionSelection _connection = new();
    private readonly Option<OutputFormat> _format = FormatOption.Create();
    private Func<AttachRequest, ParseResult, AttachRequest> _apply = (request, _) => request;

    public AttachCommand(string name, string description, AttachmentType type)
    {
        _type = type;
        Command = new Command(name, description) { _name, _workload, _container };
    }

    public Command Command { get; }

    /// <param name="apply">Adds what the command's own options say.</param>
    public Command Complete(Func<AttachRequest, ParseResult, AttachRequest> apply)
    {
        _apply = apply;
        _connection.AddTo(Command);
        Command.Add(_format);
        Command.Validators.Add(Validate);
        Command.SetAction(RunAsync);
        return Command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        AttachRequest request = Request(parse);
        ConnectionDirectory directory = await _connection.ChooseAsync(parse, cancellationToken);
        using var progress = new ProgressLine(parse.InvocationConfiguration.Error);
        var attaching = new AttachCall(directory);
        if (!Console.IsErrorRedirected)
        {
            attaching.Progress += progress.Report;
        }

        AttachedEvent attached = await attaching.RunAsync(request, cancellationToken);
        progress.Clear();
        FactWriter.Write(
            parse.InvocationConfiguration.Output,
            parse.GetValue(_format),
            attached.Attachment,
            DaemonJson.Default.AttachmentInfo,
            AttachmentText.Write);
        return ExitCodes.Done;
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
        return _apply(request, parse);
    }

    private void Validate(CommandResult result)
    {
        string? name = result.GetValue(_name);
        string? workload = result.GetValue(_workload);
        if (name is not null && !IsName(NameOf(name)))
        {
            result.AddError($"'{name}' cannot name an attachment: it takes lower-case letters, digits and hyphens, at most {LongestName}.");
        }

        if ((workload ?? name) is { } meant && !WorkloadArgument.TryParse(meant, out _))
        {
            result.AddError($"'{meant}' is no workload such as web or deploy/web; the kinds are {string.Join(", ", WorkloadArgument.KindNames)}.");
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
