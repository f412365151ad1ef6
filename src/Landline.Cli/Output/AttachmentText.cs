using System.Globalization;
using Landline.Protocol.Api;

namespace Landline.Cli.Output;

/// <summary>An attachment for people: what, where from, where to, and what is not well.</summary>
internal static class AttachmentText
{
    public static void Write(TextWriter output, AttachmentInfo attachment) =>
        output.WriteLine($"{attachment.Type} {Summary(attachment)}");

    public static void WriteWithHint(TextWriter output, AttachmentInfo attachment)
    {
        Write(output, attachment);
        output.WriteLine($"End it with: landline detach {attachment.Name}");
    }

    /// <summary>One line, such as <c>web: deployment/web, Active, http (8080) to 3000, only header x-user=alice</c>.</summary>
    public static string Summary(AttachmentInfo attachment)
    {
        List<string> parts = [$"{attachment.Name}: {attachment.Workload}", attachment.Phase.ToString()];
        parts.AddRange(attachment.Ports.Select(Port));
        if (attachment.Http is { } http)
        {
            parts.Add($"only {HttpMatchText.Of(http)}");
        }

        if (attachment.Mount is { } mount)
        {
            parts.Add($"files in {mount}");
        }

        string summary = string.Join(", ", parts);
        return attachment.Message is { } message ? $"{summary} ({message.TrimEnd('.')})" : summary;
    }

    private static string Port(AttachedPort port)
    {
        string number = port.Port.ToString(CultureInfo.InvariantCulture) + (port.Protocol == PortProtocol.Udp ? "/UDP" : "");
        return $"{(port.Name is null ? number : $"{port.Name} ({number})")} to {port.WorkstationPort}";
    }
}
