using System.Net;
using Landline.Networking.Processes;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>Finds out how this machine's programs resolve names.</summary>
public static class ResolverDetection
{
    private const string ResolvedFolder = "/run/systemd/resolve/";
    private const string StubFile = ResolvedFolder + "stub-resolv.conf";

    // systemd-resolved's two stub listeners.
    private static readonly IPAddress[] Stubs = [IPAddress.Parse("127.0.0.53"), IPAddress.Parse("127.0.0.54")];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<IResolverSettings> FindAsync(ResolverPaths paths, CancellationToken cancellationToken)
    {
        string? text;
        string? nameServiceSwitch;
        try
        {
            text = InPlaceFile.Read(paths.ResolvConf);
            nameServiceSwitch = InPlaceFile.Read(paths.NameServiceSwitch);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResolverException(e.Message.TrimEnd('.'), e);
        }

        string? target = File.ResolveLinkTarget(paths.ResolvConf, returnFinalTarget: true)?.FullName;
        bool isResolved = PointsToResolved(text, target, nameServiceSwitch) && await AnswersAsync(cancellationToken);
        return isResolved ? new ResolvedSettings() : new ResolvConfSettings(new ResolverJournal(paths));
    }

    /// <param name="linkTarget">Where /etc/resolv.conf finally points, or null.</param>
    /// <param name="nameServiceSwitch">Text of /etc/nsswitch.conf, or null.</param>
    internal static bool PointsToResolved(string? resolvConf, string? linkTarget, string? nameServiceSwitch) =>
        linkTarget == StubFile
        || (linkTarget?.StartsWith(ResolvedFolder, StringComparison.Ordinal) == true && AsksResolvedFirst(nameServiceSwitch))
        || (resolvConf is not null
            && ResolvConf.NameServers(resolvConf) is { Count: > 0 } servers
            && servers.All(server => Stubs.Contains(server)));

    // With the list of the servers that systemd-resolved asks itself, programs ask those and pass it by, unless the C library
    // is told otherwise (nss-resolve(8)). Then the list is a resolv.conf like any other.
    private static bool AsksResolvedFirst(string? nameServiceSwitch) => (nameServiceSwitch ?? "")
        .Split('\n')
        .Select(line => line.Split('#')[0].Trim())
        .Where(line => line.StartsWith("hosts:", StringComparison.Ordinal))
        .SelectMany(line => line["hosts:".Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .FirstOrDefault(source => source is "resolve" or "dns") == "resolve";

    // The file alone does not say that the service runs: images of containers are made on machines where it does.
    private static async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (!SystemTool.Exists("resolvectl"))
        {
            return false;
        }

        try
        {
            SystemTool status = await SystemTool.RunAsync(
                "resolvectl", ["--no-pager", "status"], string.Empty, Patience, cancellationToken);
            return status.ExitCode == 0;
        }
        catch (ToolFailedException)
        {
            return false;
        }
    }
}
