using System.CommandLine;
using System.CommandLine.Parsing;
using Landline.Cli.Attaching;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary>The options that say what of the pod appears on the workstation: its files, and ports of it.</summary>
/// <param name="isReadOnly">The files are never written to.</param>
internal sealed class PodOptions(bool isReadOnly)
{
    private readonly Option<string> _mount = new("--mount")
    {
        Description = "Where the container's files appear"
            + (isReadOnly ? ", read-only: " : ": ")
            + "true (a folder of Landline's own), false (nowhere) or PATH"
            + (isReadOnly ? "" : ", with :ro read-only"),
        HelpName = isReadOnly ? "true|false|PATH" : "true|false|PATH[:ro]",
        DefaultValueFactory = _ => "true",
    };

    private readonly Option<string[]> _toPod = OptionShapes.List(
        "--to-pod", "PORT[/UDP]", "Make this port of the pod reachable at 127.0.0.1 here, such as a sidecar's");

    public void AddTo(Command command)
    {
        command.Add(_mount);
        command.Add(_toPod);
        command.Validators.Add(Validate);
    }

    public AttachRequest ApplyTo(AttachRequest request, ParseResult parse)
    {
        _ = MountArgument.TryParse(parse.GetValue(_mount)!, out MountRequest? mount);
        return request with
        {
            Mount = mount,
            ToPod =
            [
                .. (parse.GetValue(_toPod) ?? [])
                    .Select(text => PortArgument.TryParseToPod(text, out ToPodPort? port) ? port : null)
                    .OfType<ToPodPort>(),
            ],
        };
    }

    private void Validate(CommandResult result)
    {
        if (result.GetGiven(_mount) is { } mount && !MountArgument.TryParse(mount, out _))
        {
            result.AddError($"--mount: '{mount}' is not true, false or a path, with :ro or without.");
        }

        foreach (string value in result.GetGiven(_toPod) ?? [])
        {
            if (!PortArgument.TryParseToPod(value, out _))
            {
                result.AddError($"--to-pod: '{value}' is not of the form PORT[/UDP], such as 8081 or 53/UDP.");
            }
        }
    }
}
