namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// Once for the whole run: the lab is up, the images of this source tree are on its nodes, and Landline is installed in it by the shipped
/// program. What was up before stays up afterwards.
/// </summary>
public sealed class LabFixture : IAsyncLifetime
{
    public const string ManagerNamespace = "landline";

    private const string ProductImage = "localhost/landline:dev";

    private static readonly string[] Images = ["landline-image.tar", "landline-tests-image.tar"];

    /// <summary>True when Landline could be installed; otherwise every connecting test fails with the installation's own words.</summary>
    public static bool IsInstalled { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (!Lab.IsUp)
        {
            if (Environment.GetEnvironmentVariable("CI") is not { Length: > 0 })
            {
                return;
            }

            (await Lab.RunAsync("up", "--nodes", "2")).Succeeded();
        }

        if (!File.Exists(Path.Combine(SourceTree.Artifacts, "landline-image.tar")))
        {
            (await ProgramRun.ToEndAsync(Path.Combine(SourceTree.Root, "build.sh"), ["--image"])).Succeeded();
        }

        (await ProgramRun.ToEndAsync(Path.Combine(SourceTree.Tests, "TestServer", "build.sh"), [])).Succeeded();
        (await Lab.RunAsync(["load", .. Images.Select(static file => Path.Combine(SourceTree.Artifacts, file))])).Succeeded();
        await Lab.HealAsync();
        Directory.CreateDirectory(Laptop.Root.RuntimeDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await Laptop.Root.LandlineAsync("quit", "--all");
        await InstallAsync();
    }

    /// <summary>Also used by tests that have removed it.</summary>
    internal static async Task InstallAsync()
    {
        bool stood = (await Kubectl.RunAsync("-n", ManagerNamespace, "get", "deployment", "landline-manager")).ExitCode == 0;
        ProgramResult installed = await Laptop.Root.LandlineAsync("install", "--image", ProductImage);
        IsInstalled = installed.ExitCode == 0;
        installed.Succeeded();

        if (!stood)
        {
            return;
        }

        // The image is always called the same: pods of an earlier run must give way to what was just loaded.
        await Kubectl.SucceedAsync("-n", ManagerNamespace, "delete", "pod", "-l", "app.kubernetes.io/name=landline-agent", "--ignore-not-found");
        await Kubectl.SucceedAsync("-n", ManagerNamespace, "rollout", "restart", "deployment/landline-manager");
        await Kubectl.SucceedAsync("-n", ManagerNamespace, "rollout", "status", "deployment/landline-manager", "--timeout=60s");
    }

    public async ValueTask DisposeAsync()
    {
        if (Lab.IsUp)
        {
            await Laptop.Root.LandlineAsync("quit", "--all");
        }
    }
}
