using System.Globalization;
using Landline.Protocol.Api;

namespace Landline.Cli.Output;

/// <summary>The status for people: one paragraph for each connection, then the warnings.</summary>
internal static class StatusText
{
    public static void Write(TextWriter output, StatusReport report)
    {
        if (report.Connections.Count == 0)
        {
            output.WriteLine("Not connected.");
        }

        for (int i = 0; i < report.Connections.Count; i++)
        {
            if (i > 0)
            {
                output.WriteLine();
            }

            WriteConnection(output, report.Connections[i]);
        }

        foreach (WarningInfo warning in report.Warnings)
        {
            output.WriteLine();
            output.WriteLine($"warning: {warning.Title}");
            output.WriteLine($"   hint: {warning.Hint}");
        }
    }

    private static void WriteConnection(TextWriter output, ConnectionInfo connection)
    {
        output.WriteLine($"{connection.Name}: {Headline(connection)}");
        Line(output, "Context", connection.Context);
        Line(output, "Server", Join("", connection.Server, connection.KubernetesVersion is { } k ? $" (Kubernetes {k})" : null));
        Line(output, "Namespace", connection.Namespace);
        Line(output, "Manager", Join(", version ", connection.ManagerNamespace, connection.ManagerVersion));
        Line(output, "Subnets", List(connection.Subnets));
        Line(output, "Also proxied", List(connection.AlsoProxy));
        Line(output, "Never proxied", List(connection.NeverProxy));
        Line(output, "Mapped namespaces", List(connection.MappedNamespaces));
        if (connection.Dns is { } dns)
        {
            Line(output, "DNS", $"{dns.Address}{(dns.Mechanism is null ? "" : $" by {dns.Mechanism}")}, search {List(dns.SearchDomains) ?? "nothing"}");
        }

        if (connection.Session is { } session)
        {
            Line(output, "Session", string.Create(
                CultureInfo.InvariantCulture,
                $"{session.Id} over {session.Transport}, round trip {session.RoundTripMs:0.0} ms, {session.OpenStreams} open streams, {session.Reconnects} reconnects"));
        }

        foreach (AttachmentInfo attachment in connection.Attachments)
        {
            Line(output, attachment.Type.ToString(), AttachmentText.Summary(attachment));
        }
    }

    private static string Headline(ConnectionInfo connection) => connection switch
    {
        { Status: ConnectionState.Connected } => $"Connected since {Time(connection.StatusSince)}",
        { Reason: { } reason } => $"{connection.Status} since {Time(connection.StatusSince)} ({reason})",
        _ => $"{connection.Status} since {Time(connection.StatusSince)}",
    };

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? List(IReadOnlyList<string> items) => items.Count == 0 ? null : string.Join(", ", items);

    private static string? Join(string separator, string? first, string? second) =>
        first is null ? second : second is null ? first : first + separator + second;

    private static void Line(TextWriter output, string label, string? value)
    {
        if (value is not null)
        {
            output.WriteLine($"  {label + ":",-18} {value}");
        }
    }
}
