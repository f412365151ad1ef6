using System.Diagnostics;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Health;

/// <summary>What /metrics shows. Documented in docs/metrics.md.</summary>
internal sealed class MetricsPage(
    ManagerMetrics metrics, WorkstationRegistry workstations, AgentRegistry agents, AttachmentRegistry attachments, string version)
{
    private static readonly StreamKind[] Kinds = Enum.GetValues<StreamKind>();

    public string Render() => new PrometheusText()
        .Gauge("landline_manager_info", "Always 1; the version is in the label.", ($"version=\"{version}\"", 1))
        .Gauge("landline_sessions", "Workstations with a session, by state of its link.",
            ("state=\"connected\"", CountOf(SessionState.Connected)), ("state=\"waiting\"", CountOf(SessionState.Reconnecting)))
        .Gauge("landline_agents", "Agents with a session.", ("", agents.Count))
        .Gauge("landline_attachments", "Attachments in effect.", ("", attachments.Count))
        .Counter("landline_sessions_started_total", "Sessions begun.", ("", metrics.SessionsStarted))
        .Counter("landline_session_received_bytes_total", "Bytes of frames from workstations and agents.", Bytes(static traffic => traffic.Received))
        .Counter("landline_session_sent_bytes_total", "Bytes of frames for workstations and agents.", Bytes(static traffic => traffic.Written))
        .Counter("landline_links_refused_total", "Links that failed or were turned away.", ("", metrics.LinksRefused))
        .Counter("landline_connections_expired_total", "Connections deleted because nobody came back.", ("", metrics.ConnectionsExpired))
        .Gauge("landline_streams", "Open streams, by kind.", ByKind(metrics.StreamsOpen))
        .Counter("landline_streams_total", "Streams opened, by kind: inbound by agents, the others by workstations.", ByKind(metrics.StreamsOpened))
        .Counter("landline_dials_total", "Connections dialled for workstations, by result.",
            [.. metrics.Dials.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => ($"result=\"{pair.Key}\"", (double)pair.Value))])
        .Counter("landline_dns_queries_total", "Questions passed to the cluster's resolver.", ("", metrics.DnsQueries))
        .Counter("landline_dns_queries_dropped_total", "Questions beyond the limit, and what was no question.", ("", metrics.DnsQueriesDropped))
        .Counter("process_cpu_seconds_total", "User and system CPU time, in seconds.", ("", Environment.CpuUsage.TotalTime.TotalSeconds))
        .Gauge("process_open_fds", "Open file descriptors.", ("", OpenDescriptors()))
        .Gauge("process_resident_memory_bytes", "Resident memory.", ("", Environment.WorkingSet))
        .Gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.", ("", StartTime()))
        .Gauge("dotnet_gc_heap_bytes", "Managed memory after the last collection.", ("", GC.GetGCMemoryInfo().HeapSizeBytes))
        .ToString();

    private static double StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }

    // One of them is the directory that is being read.
    private static int OpenDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1;

    private static (string Labels, double Value)[] ByKind(Func<StreamKind, long> count) =>
        [.. Kinds.Select(kind => ($"kind=\"{kind.ToString().ToLowerInvariant()}\"", (double)count(kind)))];

    private (string Labels, double Value)[] Bytes(Func<(long Received, long Written), long> direction) =>
        [("peer=\"workstation\"", direction(metrics.OfWorkstations.Totals)), ("peer=\"agent\"", direction(metrics.OfAgents.Totals))];

    private int CountOf(SessionState state) => workstations.All.Count(workstation => workstation.Session.State == state);
}
