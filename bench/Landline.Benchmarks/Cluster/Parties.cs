using System.Globalization;
using System.Text.Json;
using Landline.Benchmarks.Networks;

namespace Landline.Benchmarks.Cluster;

/// <summary>The two processes that carry the load, and what is resident of them.</summary>
internal sealed record Parties(int Daemon, int Manager)
{
    public static async Task<Parties> FindAsync(Lab lab)
    {
        using var status = JsonDocument.Parse(await lab.LandlineAsync("status", "--format", "json"));
        int daemon = status.RootElement.GetProperty("connections")[0].GetProperty("daemonProcessId").GetInt32();
        string pod = await lab.KubectlAsync(
            "-n", "landline", "get", "pod", "-l", "app.kubernetes.io/name=landline-manager",
            "--field-selector=status.phase=Running", "-o", "jsonpath={.items[0].metadata.name}");
        string manager = await lab.RunAsync("pod-netns", "landline", pod);
        return new Parties(daemon, int.Parse(manager, CultureInfo.InvariantCulture));
    }

    public (double Daemon, double Manager) ResidentKibibytes() => (ResidentMemory.Kibibytes(Daemon), ResidentMemory.Kibibytes(Manager));
}
