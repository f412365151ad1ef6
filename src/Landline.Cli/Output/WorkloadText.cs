using System.Globalization;
using Landline.Protocol.Api;

namespace Landline.Cli.Output;

/// <summary>Workloads for people: one line for each, in columns.</summary>
internal static class WorkloadText
{
    public static void Write(TextWriter output, WorkloadReport report)
    {
        if (report.Workloads.Count == 0)
        {
            output.WriteLine($"Namespace {report.Namespace} has no workloads{(report.Unlisted.Count == 0 ? "" : " that could be listed")}.");
        }
        else
        {
            WriteTable(output, report);
        }

        foreach (string sentence in report.Unlisted)
        {
            output.WriteLine($"Not complete: {sentence}");
        }
    }

    private static void WriteTable(TextWriter output, WorkloadReport report)
    {
        List<string[]> rows = [["WORKLOAD", "READY", "SERVICES", "STATE"], .. report.Workloads.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    private static string[] Row(WorkloadInfo workload) =>
    [
        $"{workload.Kind.ToLowerInvariant()}/{workload.Name}",
        workload.ReadyReplicas.ToString(CultureInfo.InvariantCulture),
        workload.Services.Count == 0 ? "-" : string.Join(",", workload.Services),
        State(workload),
    ];

    private static string State(WorkloadInfo workload)
    {
        if (workload.Attachments.Count > 0)
        {
            return string.Join("; ", workload.Attachments.Select(Describe));
        }

        return workload.Obstacle is { } obstacle ? $"cannot be attached to: {obstacle.TrimEnd('.')}" : "can be attached to";
    }

    private static string Describe(WorkloadAttachment attachment)
    {
        string type = attachment.Type switch
        {
            AttachmentType.Intercept => "intercepted",
            AttachmentType.Replace => "replaced",
            AttachmentType.Wiretap => "wiretapped",
            _ => "ingested",
        };
        string phase = attachment.Phase == AttachmentPhase.Active ? "" : $", {attachment.Phase}";
        string filter = attachment.Http is null ? "" : $", only {HttpMatchText.Of(attachment.Http)}";
        return $"{type} by {attachment.Owner} ({attachment.Name}{phase}{filter})";
    }
}
