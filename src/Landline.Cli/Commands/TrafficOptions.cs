using System.CommandLine;
using System.CommandLine.Parsing;
using Landline.Cli.Attaching;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary>The options that say which ports' traffic goes where on the workstation.</summary>
internal sealed class TrafficOptions
{
    private readonly Option<string[]> _ports = OptionShapes.List(
        "--port",
        "LOCAL[:IDENTIFIER][/UDP]",
        "The handler's port, and the name or number of the service's or container's port; not needed when there is only one",
        "-p");
    private readonly Option<string?> _service = new("--service")
    {
        Description = "The service whose ports are meant", HelpName = "SERVICE",
    };

    private readonly Option<string?> _address = new("--address")
    {
        Description = "Where the handler listens; 127.0.0.1 if not given", HelpName = "HOST",
    };

    public void AddTo(Command command)
    {
        command.Add(_ports);
        command.Add(_service);
        command.Add(_address);
        command.Validators.Add(Validate);
    }

    public AttachRequest ApplyTo(AttachRequest request, ParseResult parse) => request with
    {
        Address = parse.GetValue(_address),
        Spec = request.Spec with
        {
            Service = parse.GetValue(_service),
            Ports =
            [
                .. (parse.GetValue(_ports) ?? [])
                    .Select(text => PortArgument.TryParse(text, out AttachmentPort? port) ? port : null)
                    .OfType<AttachmentPort>(),
            ],
        },
    };

    /// <summary>Every port that was given is one of UDP.</summary>
    public bool TakesDatagramsAlone(CommandResult result) => result.GetGiven(_ports) is { Length: > 0 } ports
        && ports.All(text => PortArgument.TryParse(text, out AttachmentPort? port) && port.Protocol == PortProtocol.Udp);

    private void Validate(CommandResult result)
    {
        foreach (string value in result.GetGiven(_ports) ?? [])
        {
            if (!PortArgument.TryParse(value, out _))
            {
                result.AddError($"--port: '{value}' is not of the form LOCAL[:IDENTIFIER][/UDP], such as 8080, 8080:http or 5353:dns/UDP.");
            }
        }
    }
}
