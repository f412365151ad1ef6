using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>What is told of attachments, and whom they belong to.</summary>
[Collection(WebOfCommonScene.Name)]
public sealed class AttachmentOverviewTests(CommonScene scene) : ClusterTest(scene)
{
    /// <summary>A workstation that is away may confirm what it asked for when it is back.</summary>
    private static readonly TimeSpan UntilRefused = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public async Task Status_and_list_tell_what_is_attached_to_what_by_whom_and_by_which_filter()
    {
        (await InterceptAsync("--http-header", "x-user=alice", "--http-method", "GET")).Succeeded();
        try
        {
            JsonNode attachment = Assert.Single(await AttachmentsAsync());
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
    public async Task The_Connection_of_another_user_cannot_be_used()
    {
        string connection = await Namespace.KubectlAsync("get", "connections.landline.dev", "-l", "app.kubernetes.io/managed-by=landline", "-o", "jsonpath={.items[0].metadata.name}");
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

    private static Task<ProgramResult> InterceptAsync(params string[] arguments) =>
        Laptop.Root.LandlineAsync(["intercept", AttachScene.Workload, "-p", "8080:8080", "--mount", "false", .. arguments]);

    private static async Task<JsonNode[]> AttachmentsAsync() =>
        [.. (await Laptop.Root.StatusAsync())["connections"]!.AsArray().Single()!["attachments"]!.AsArray().OfType<JsonNode>()
            .Where(static attachment => attachment["workload"]!.GetValue<string>() == "deployment/web")];
}
