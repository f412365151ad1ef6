using Landline.FunctionalTests.Namespaces;
using Landline.Protocol.Api;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>A workstation on which sshfs is not installed: one whose /usr/bin has none.</summary>
public sealed class MissingSshfsTests
{
    private const string Hide =
        """
        mkdir upper work
        mount -t overlay overlay -o "lowerdir=/usr/bin,upperdir=$PWD/upper,workdir=$PWD/work" /usr/bin
        rm -f /usr/bin/sshfs
        """;

    [RootFact]
    public async Task Without_sshfs_an_intercept_stands_and_a_hint_says_how_to_get_the_files()
    {
        if (!SecondRun.IsThis)
        {
            await SecondRun.OfAsync(
                [], Hide, typeof(MissingSshfsTests), nameof(Without_sshfs_an_intercept_stands_and_a_hint_says_how_to_get_the_files));
            return;
        }

        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Answer = _ => ManagerStandIn.Active(8080, 8080);
        await scene.ServeApiAsync();

        (int exitCode, string output, string errors) = await scene.Cli.RunAsync("intercept", "web");
        WarningInfo warning = Assert.Single(scene.Warnings);
        string status = (await scene.Cli.RunAsync("status")).Output;
        await scene.Cli.RunAsync("detach", "web");

        Assert.Equal(0, exitCode);
        Assert.StartsWith("Intercept web: ", output, StringComparison.Ordinal);
        Assert.Equal(
            "warning: The files of attachment 'web' are not mounted: sshfs is not installed.\n"
                + "   hint: Install sshfs and see that /dev/fuse exists, or leave the files out with: --mount false\n",
            errors);
        Assert.Contains(warning.Title, status, StringComparison.Ordinal);
        Assert.Empty(scene.Warnings);
    }
}
