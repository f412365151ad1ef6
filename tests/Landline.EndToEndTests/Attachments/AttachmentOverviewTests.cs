using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>What is told of attachments, and how they end with what they belong to.</summary>
[Collection(SharedAttachScene.Name)]
public sealed class AttachmentOverviewTests(AttachScene scene) : ClusterTest(scene)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    /// <summary>A workstation that is away may confirm what it asked for when it is back.</summary>
    private static readonly TimeSpan UntilRefused = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public async Task Status_and_list_tell_what_is_attached_to_what_by_whom_and_by_which_filter()
    {
        (await InterceptAsync("--http-header", "x-user=alice", "--http-method", "GET")).Succeeded();
        try
        {
            JsonNode attachment = (await AttachmentsAsync()).Single()!;
            JsonNode list = JsonNode.Parse((await Laptop.Root.LandlineAsync("list", "--format", "json")).Succeeded())!;
            JsonNode workload = list["workloads"]!.AsArray().Single(item => item!["name"]!.GetValue<string>() == AttachScene.Workload)!;

            Assert.Equal(AttachScene.Workload, attachment["name"]!.GetValue<string>());
            Assert.Equal("Active", attachment["phase"]!.GetValue<string>());
            Assert.Equal("deployment/web", attachment["workload"]!.GetValue<string>());
            Assert.Equal(2, attachment["pods"]!.AsArray().Count(pod => pod!["state"]!.GetValue<string>() == "Captured"));
            Assert.Equal("alice", attachment["http"]!["headers"]![0]!["value"]!.GetValue<string>());
            Assert.Contains("only header x-user=alice and method GET", (await Laptop.Root.LandlineAsync("status")).Succeeded(), StringComparison.Ordinal);
            Assert.Contains("only header x-user=alice and method GET", (await Laptop.Root.LandlineAsync("list")).Succeeded(), StringComparison.Ordinal);
            Assert.StartsWith("root@", workload["attachments"]!.AsArray().Single()!["owner"]!.GetValue<string>(), StringComparison.Ordinal);
        }
        finally
        {
            (await Laptop.Root.LandlineAsync("leave", AttachScene.Workload)).Succeeded();
        }

        Assert.Empty(await AttachmentsAsync());
    }

    [ClusterFact]
    public async Task The_exit_code_of_a_command_is_returned_and_the_attachment_ends_with_it()
    {
        await using Handler handler = await Handler.StartAsync(8080);

        ProgramResult result = await InterceptAsync("--", "sh", "-c", "curl -s --max-time 5 http://web:8080/; exit 42");

        Assert.Equal(42, result.ExitCode);
        Assert.Equal(Handler.Name, result.Output.Trim());
        Assert.StartsWith("hello from web-", await Caller.AskAsync(Namespace.Name, AttachScene.Workload), StringComparison.Ordinal);
        Assert.Empty(await AttachmentsAsync());
    }

    [ClusterFact]
    public async Task Quitting_ends_the_command_gives_the_traffic_back_and_leaves_no_object()
    {
        await using Handler handler = await Handler.StartAsync(8080);
        Task<ProgramResult> command = InterceptAsync("--", "sh", "-c", "trap 'exit 4' TERM; while :; do sleep 0.1; done");
        await Eventually.TrueAsync(
            Soon, "the handler answers", async () => await Caller.TryAskAsync(Namespace.Name, AttachScene.Workload) == Handler.Name);

        await Laptop.Root.QuitAsync();
        try
        {
            ProgramResult ended = await command;
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
    public async Task The_Connection_of_another_user_cannot_be_used()
    {
        string connection = await Namespace.KubectlAsync("get", "connections.landline.dev", "-o", "jsonpath={.items[0].metadata.name}");
        await Namespace.KubectlAsync("create", "rolebinding", "developer", "--clusterrole=landline-user", "--user=developer");
        await using Handler handler = await Handler.StartAsync(8080);

        (await Lab.RunAsync(
            ["laptop", "kubectl", "-n", Namespace.Name, "create", "-f", "-"],
            new Dictionary<string, string> { ["KUBECONFIG"] = Lab.KubeconfigOf("developer") },
            $$$"""
            apiVersion: landline.dev/v1
            kind: Attachment
            metadata: {name: foreign}
            spec:
              connection: {{{connection}}}
              type: Intercept
              workload: {name: {{{AttachScene.Workload}}} }
              ports: [{identifier: "8080", protocol: TCP, workstationPort: 8080}]
            """)).Succeeded();
        try
        {
            await Eventually.TrueAsync(
                UntilRefused,
                "it is refused",
                async () => await Namespace.KubectlAsync("get", "attachments.landline.dev", "foreign", "-o", "jsonpath={.status.phase} {.status.reason}")
                    == "Refused NotConfirmed");

            Assert.StartsWith("hello from web-", await Caller.AskAsync(Namespace.Name, AttachScene.Workload), StringComparison.Ordinal);
        }
        finally
        {
            await Namespace.KubectlAsync("delete", "attachments.landline.dev", "foreign", "--ignore-not-found");
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

    private static Task<ProgramResult> InterceptAsync(params string[] arguments) =>
        Laptop.Root.LandlineAsync(["intercept", AttachScene.Workload, "-p", "8080:8080", .. arguments]);

    private static async Task<JsonArray> AttachmentsAsync() =>
        (await Laptop.Root.StatusAsync())["connections"]![0]!["attachments"]!.AsArray();
}
