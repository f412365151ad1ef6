using System.Diagnostics;

namespace Landline.FunctionalTests.Namespaces;

/// <summary>
/// A test that needs another machine than this one runs once more, as this very program in namespaces of its own, where a
/// shell has changed what the test is about. Nothing of that is seen outside, and it is gone with the process.
/// </summary>
internal static class SecondRun
{
    private const string Variable = "LANDLINE_TEST_SECOND_RUN";

    // The machine's journals of resolver settings: to a command that sees other processes every net helper of this machine looks dead, and
    // it would undo what a connection that stands has set.
    private const string HideJournals =
        """
        for folder in /run/landline /var/lib/landline; do [ ! -d $folder ] || mount -t tmpfs tmpfs $folder; done
        """;

    /// <summary>The whole of a test, whose single waits are bounded within it.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    public static bool IsThis => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <param name="namespaces">Options of unshare(1), beside those for mounts and processes of its own.</param>
    /// <param name="change">What the shell does first. It begins in an empty folder, a file system in memory.</param>
    /// <param name="type">The test's class.</param>
    /// <param name="method">The test's name.</param>
    public static async Task OfAsync(string[] namespaces, string change, Type type, string method)
    {
        string folder = Directory.CreateTempSubdirectory("landline-second-").FullName;
        string script = $"set -e\nmount -t tmpfs tmpfs {folder}\ncd {folder}\n{HideJournals}\n{change}\nexec \"$@\"";
        var start = new ProcessStartInfo(
            "unshare",
            [
                "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", .. namespaces, "sh", "-c", script, "sh",
                Path.Combine(AppContext.BaseDirectory, "Landline.FunctionalTests"), "-noColor", "-noLogo", "-method", $"{type}.{method}",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Variable] = "1";
        using var deadline = new CancellationTokenSource(Longest, TimeProvider.System);
        using Process again = Process.Start(start)!;
        try
        {
            Task<string> errors = again.StandardError.ReadToEndAsync(deadline.Token);
            string output = await again.StandardOutput.ReadToEndAsync(deadline.Token);
            await again.WaitForExitAsync(deadline.Token);

            Assert.True(again.ExitCode == 0, output + await errors);
            Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", output, StringComparison.Ordinal);
        }
        finally
        {
            again.Kill();
            await again.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }
}
