using System.Globalization;

namespace Landline.Benchmarks.Cluster;

/// <summary>A way from the laptop to the load program's pod.</summary>
internal sealed record Route(string Name, string Address, int EchoPort, int DownloadPort)
{
    /// <summary>As the pod sends it on each connection; see cluster/load.yaml.</summary>
    public const int DownloadBytes = 400_000_000;

    private const string Seconds = "3";

    public string[] Requests => ["requests", Address, Text(EchoPort), Seconds];

    public string[] Download => ["download", Address, Text(DownloadPort), Text(DownloadBytes)];

    public string[] Open(int count) => ["open", Address, Text(EchoPort), Text(count)];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
