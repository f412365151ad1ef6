using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>What becomes of attachments when their connection ends, and who may not attach.</summary>
[Collection(SharedAttachScene.Name)]
public sealed class AttachAndQuitTests(AttachScene scene) : ClusterTest(scene)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Attached = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public async Task Quitting_ends_the_command_gives_the_traffic_back_and_leaves_no_object()
    {
        await using Handler handler = await Handler.StartAsync(8080);
        await using ProgramRun command = Laptop.Root.StartLandline(
            "intercept", AttachScene.Workload, "-p", "8080:8080", "--", "sh", "-c", "trap 'exit 4' TERM; echo runs; while :; do sleep 0.1; done");
        await Eventually.TrueAsync(Attached, "the command runs", () => Task.FromResult(command.Output.Contains("runs", StringComparison.Ordinal)));
        Assert.Equal(Handler.Name, await Caller.AskAsync(Namespace.Name, AttachScene.Workload));

        await Laptop.Root.QuitAsync();
        try
        {
            ProgramResult ended = await command.EndAsync();
            Assert.Equal(4, ended.ExitCode);
            Assert.Contains("The command is asked to end too.", ended.Errors, StringComparison.Ordinal);
            Assert.StartsWith("hello from web-", await Caller.AskAsync(Namespace.Name, AttachScene.Workload), StringComparison.Ordinal);
            await Eventually.TrueAsync(
                Soon, "no attachment is left", async () => (await Namespace.KubectlAsync("get", "attachments.landline.dev", "-o", "name")).Length == 0);
            await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Soon);
        }
        finally
        {
            await Laptop.Root.ConnectAsync(Namespace.Name);
        }
    }

    [ClusterFact]
    public async Task Without_the_right_it_is_one_sentence_that_names_what_to_ask_for()
    {
        await Namespace.KubectlAsync("create", "role", "connects", "--verb=create,get,list,watch,delete", "--resource=connections.landline.dev");
        await Namespace.KubectlAsync("create", "rolebinding", "connects", "--role=connects", "--user=developer");
        await Laptop.Root.QuitAsync();
        Laptop developer = Laptop.Root.With(Lab.KubeconfigOf("developer"));
        try
        {
            await Namespace.KubectlAsync("delete", "rolebinding", "developer", "--ignore-not-found");
            await developer.ConnectAsync(Namespace.Name);

            ProgramResult refused = await developer.LandlineAsync("intercept", AttachScene.Workload, "-p", "8080");

            Assert.Contains("--clusterrole=landline-user", refused.FailedWithAdvice().Hint, StringComparison.Ordinal);
        }
        finally
        {
            await Laptop.Root.QuitAsync();
            await Laptop.Root.ConnectAsync(Namespace.Name);
        }
    }
}
