using Landline.Protocol.Api;

namespace Landline.Daemon.Connections;

/// <summary>Says in which parameters a request differs from the connection that stands.</summary>
internal static class ConnectDifference
{
    public static string Between(ConnectRequest standing, ConnectRequest wanted)
    {
        var differences = new List<string>();
        Add("context", standing.Context, wanted.Context);
        Add("namespace", standing.Namespace, wanted.Namespace);
        Add("kubeconfig", standing.KubeconfigFile ?? standing.Kubeconfig, wanted.KubeconfigFile ?? wanted.Kubeconfig);
        Add("--as", standing.ActAs, wanted.ActAs);
        Add("--also-proxy", List(standing.AlsoProxy), List(wanted.AlsoProxy));
        Add("--never-proxy", List(standing.NeverProxy), List(wanted.NeverProxy));
        Add("--mapped-namespaces", List(standing.MappedNamespaces), List(wanted.MappedNamespaces));
        Add("--manager-namespace", standing.ManagerNamespace, wanted.ManagerNamespace);
        Add("--manager-address", standing.ManagerAddress, wanted.ManagerAddress);
        Add("--grace", $"{standing.GracePeriodSeconds}s", $"{wanted.GracePeriodSeconds}s");
        return string.Join("; ", differences);

        void Add(string what, string? before, string? now)
        {
            if (before != now)
            {
                differences.Add($"{what} is {before ?? "not set"}, not {now ?? "left out"}");
            }
        }
    }

    private static string? List(IReadOnlyList<string> items) =>
        items.Count == 0 ? null : string.Join(", ", items.Distinct().Order(StringComparer.Ordinal));
}
