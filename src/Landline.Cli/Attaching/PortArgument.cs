using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Landline.Protocol.Api;

namespace Landline.Cli.Attaching;

/// <summary>Ports as users write them.</summary>
internal static partial class PortArgument
{
    /// <summary><c>LOCAL[:IDENTIFIER][/UDP]</c>; without LOCAL the handler listens on the container's number.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AttachmentPort? port)
    {
        port = null;
        if (!TryTakeProtocol(text, out string rest, out PortProtocol protocol))
        {
            return false;
        }

        string[] parts = rest.Split(':');
        string? identifier = parts.Length == 2 ? parts[1] : null;
        int? number = TryParseNumber(parts[0], out int parsed) ? parsed : null;
        bool hasNumber = number is not null || (parts[0].Length == 0 && identifier is not null);
        if (parts.Length > 2 || !hasNumber || (identifier is not null && !Identifier().IsMatch(identifier)))
        {
            return false;
        }

        port = new AttachmentPort { Identifier = identifier, Protocol = protocol, WorkstationPort = number };
        return true;
    }

    /// <summary><c>PORT[/UDP]</c>.</summary>
    public static bool TryParseToPod(string text, [NotNullWhen(true)] out ToPodPort? port)
    {
        port = TryTakeProtocol(text, out string rest, out PortProtocol protocol) && TryParseNumber(rest, out int number)
            ? new ToPodPort(number, protocol)
            : null;
        return port is not null;
    }

    private static bool TryTakeProtocol(string text, out string rest, out PortProtocol protocol)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        rest = slash < 0 ? text : text[..slash];
        string name = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        protocol = name == "udp" ? PortProtocol.Udp : PortProtocol.Tcp;
        return name is "tcp" or "udp";
    }

    private static bool TryParseNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and <= 65535;

    // As the Attachment object's schema has it.
    [GeneratedRegex("^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex Identifier();
}
