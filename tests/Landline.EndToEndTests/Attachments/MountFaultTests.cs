using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>A mounted file system whose workstation has no network.</summary>
[Collection(SharedAttachScene.Name)]
public sealed class MountFaultTests(AttachScene scene) : ClusterTest(scene)
{
    private const string Pod = "caller";

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(2);

    /// <summary>What a command may take on a busy machine until it begins.</summary>
    private static readonly TimeSpan Starts = TimeSpan.FromSeconds(5);

    [ClusterFact]
    public async Task Who_reads_waits_for_its_return_and_quitting_ends_that_and_puts_the_machine_back()
    {
        await Namespace.KubectlAsync("exec", Pod, "--", "sh", "-c", "cd /tmp; echo first > one; echo second > two");
        (await Laptop.Root.LandlineAsync("ingest", Pod, "-w", $"pod/{Pod}")).Succeeded();
        string root = (await Laptop.Root.StatusAsync())["connections"]![0]!["attachments"]![0]!["mount"]!.GetValue<string>();
        try
        {
            await Lab.CutAsync();
            await using ProgramRun waiting = Laptop.Root.Start("cat", $"{root}/tmp/one");
            await Task.Delay(Moment, TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.False(waiting.HasExited);
            await Lab.HealAsync();
            Assert.Equal("first", (await waiting.EndAsync()).Succeeded());

            await Lab.CutAsync();
            await using ProgramRun hanging = Laptop.Root.Start("cat", $"{root}/tmp/two");
            await Task.Delay(Moment, TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.False(hanging.HasExited);
            await using ProgramRun quitting = Laptop.Root.StartLandline("quit", "--all");
            Assert.NotEqual(0, (await hanging.EndAsync().WaitAsync(Starts + Promised, TestContext.Current.CancellationToken)).ExitCode);
            await Eventually.PassesAsync(Promised, AssertIsPutBackAsync);
            Assert.DoesNotContain(root, await Laptop.Root.SucceedAsync("cat", "/proc/mounts"), StringComparison.Ordinal);

            // With its network back in time it leaves nothing in the cluster.
            await Lab.HealAsync();
            (await quitting.EndAsync()).Succeeded();
        }
        finally
        {
            await Lab.HealAsync();
            await AttachScene.ConnectAnewAsync(Namespace.Name);
        }
    }

    // Without a network the other devices are not as before.
    private async Task AssertIsPutBackAsync()
    {
        LaptopState now = await LaptopState.ReadAsync();
        Assert.Equal(scene.Before.Resolver, now.Resolver);
        Assert.DoesNotContain("landline", now.Devices + now.Routes, StringComparison.Ordinal);
    }
}
