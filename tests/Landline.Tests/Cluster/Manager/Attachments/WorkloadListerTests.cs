using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Connections;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Attachments;

/// <summary>What <c>landline list</c> shows, of objects as the API server has them.</summary>
public sealed class WorkloadListerTests : IAsyncLifetime
{
    private const string Rollouts = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts";

    private readonly List<Replica> _replicas = [];
    private readonly List<AttachmentObject> _attachments = [];
    private ApiServerScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await ApiServerScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task A_workload_whose_pods_run_can_be_attached_to_and_is_shown_with_its_services()
    {
        PutWorkload("deployments", "web");
        PutPod("web-1", "web");
        _scene.Server.Objects.Put("/api/v1/namespaces/shop/services/web", Json("""{"spec":{"selector":{"app":"web"}}}"""));
        _scene.Server.Objects.Put("/api/v1/namespaces/shop/services/other", Json("""{"spec":{"selector":{"app":"other"}}}"""));

        WorkloadInfo web = Assert.Single(await ListAsync());

        Assert.Equal(("Deployment", "web", 1), (web.Kind, web.Name, web.ReadyReplicas));
        Assert.Equal(["web"], web.Services);
        Assert.Null(web.Obstacle);
    }

    [Fact]
    public async Task A_workload_with_several_containers_is_not_held_up_by_that()
    {
        PutWorkload("deployments", "web", """{"containers":[{"name":"web"},{"name":"sidecar"}]}""");
        PutPod("web-1", "web");

        Assert.Null(Assert.Single(await ListAsync()).Obstacle);
    }

    [Theory]
    [InlineData("deployments", "Deployment")]
    [InlineData("statefulsets", "StatefulSet")]
    [InlineData("daemonsets", "DaemonSet")]
    public async Task Pods_in_their_nodes_network_cannot_be_attached_to(string plural, string kind)
    {
        PutWorkload(plural, "web", """{"hostNetwork":true}""");
        PutPod("web-1", "web");

        WorkloadInfo web = Assert.Single(await ListAsync());

        Assert.Equal((kind, "It uses its node's network (hostNetwork)."), (web.Kind, web.Obstacle));
    }

    [Fact]
    public async Task A_workload_without_a_pod_cannot_be_attached_to()
    {
        PutWorkload("deployments", "web");
        PutWorkload("deployments", "other");
        PutPod("other-1", "other");
        _replicas.Add(ReplicaOf("elsewhere", "web-1", "web"));

        IReadOnlyList<WorkloadInfo> list = await ListAsync();

        Assert.Equal([("other", null), ("web", "No pod of it runs.")], list.Select(item => (item.Name, item.Obstacle)));
    }

    [Fact]
    public async Task Bare_pods_are_workloads_of_their_own_and_the_pods_of_workloads_are_not()
    {
        PutBarePod("fine", "Running");
        PutBarePod("starting", "Pending");
        PutBarePod("done", "Succeeded");
        PutBarePod("proxy", "Running", """{"hostNetwork":true}""");
        PutPod("web-1", "web");

        IReadOnlyList<WorkloadInfo> list = await ListAsync();

        Assert.Equal(
            [("fine", null), ("proxy", "It uses its node's network (hostNetwork)."), ("starting", "No pod of it runs.")],
            list.Select(item => (item.Name, item.Obstacle)));
        Assert.All(list, item => Assert.Equal("Pod", item.Kind));
    }

    [Fact]
    public async Task A_ReplicaSet_that_a_Deployment_has_made_is_not_shown_beside_it()
    {
        PutWorkload("deployments", "web");
        PutWorkload("replicasets", "web-5d", owner: "Deployment");
        PutWorkload("replicasets", "alone");

        Assert.Equal([("Deployment", "web"), ("ReplicaSet", "alone")], (await ListAsync()).Select(item => (item.Kind, item.Name)));
    }

    [Fact]
    public async Task A_cluster_without_Argo_Rollouts_has_none_of_them_and_everything_else()
    {
        PutWorkload("deployments", "web");
        _scene.Server.Answer = async context =>
        {
            if (context.Request.Path != Rollouts)
            {
                return false;
            }

            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("404 page not found\n");
            return true;
        };

        Assert.Equal("web", Assert.Single(await ListAsync()).Name);
    }

    [Fact]
    public async Task Attachments_that_are_in_effect_are_shown_with_their_workload()
    {
        PutWorkload("deployments", "web");
        PutPod("web-1", "web");
        _attachments.Add(AttachmentTo("web", "mine", AttachmentPhase.Active));
        _attachments.Add(AttachmentTo("web", "refused", AttachmentPhase.Refused));
        _attachments.Add(AttachmentTo("other", "others", AttachmentPhase.Active));

        WorkloadAttachment attachment = Assert.Single(Assert.Single(await ListAsync()).Attachments);

        Assert.Equal(("mine", "alice-x1"), (attachment.Name, attachment.Owner));
    }

    [Fact]
    public async Task Who_has_a_pod_or_a_ReplicaSet_of_a_workload_is_shown_with_the_workload()
    {
        PutWorkload("deployments", "web");
        PutWorkload("replicasets", "web-5d", owner: "Deployment", ownerName: "web");
        PutPod("web-5d-abc", "web", ownerName: "web-5d");
        PutBarePod("alone", "Running");
        _attachments.Add(AttachmentTo("web-5d-abc", "of-pod", AttachmentPhase.Active, "Pod"));
        _attachments.Add(AttachmentTo("web-5d", "of-set", AttachmentPhase.Active, "ReplicaSet"));
        _attachments.Add(AttachmentTo("alone", "of-bare-pod", AttachmentPhase.Active, "Pod"));
        _attachments.Add(AttachmentTo("web", "of-another-web", AttachmentPhase.Active, "StatefulSet"));

        IReadOnlyList<WorkloadInfo> list = await ListAsync();

        Assert.Equal(
            ["web: of-pod, of-set", "alone: of-bare-pod"],
            list.Select(item => $"{item.Name}: {string.Join(", ", item.Attachments.Select(attachment => attachment.Name))}"));
    }

    [Fact]
    public async Task Owners_that_own_each_other_are_nobodys_row()
    {
        PutWorkload("deployments", "web");
        PutWorkload("replicasets", "one", owner: "ReplicaSet", ownerName: "other");
        PutWorkload("replicasets", "other", owner: "ReplicaSet", ownerName: "one");
        _attachments.Add(AttachmentTo("one", "mine", AttachmentPhase.Active, "ReplicaSet"));

        Assert.Empty(Assert.Single(await ListAsync()).Attachments);
    }

    [Fact]
    public async Task A_Rollout_as_Argo_writes_it_is_shown_like_any_other_workload()
    {
        _scene.Server.Objects.Put($"{Rollouts}/web", Json(
            """
            {"metadata": {"generation": 4}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "strategy": {"canary": {}},
              "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}},
             "status": {"observedGeneration": "4", "phase": "Healthy", "readyReplicas": 2, "replicas": 2, "selector": "app=web"}}
            """));
        PutPod("web-1", "web");

        WorkloadInfo web = Assert.Single(await ListAsync());

        Assert.Equal(("Rollout", "web", 2, null), (web.Kind, web.Name, web.ReadyReplicas, web.Obstacle));
    }

    [Theory]
    [InlineData(403, """{"kind": "Status", "message": "rollouts.argoproj.io is forbidden."}""", "rollouts.argoproj.io is forbidden.")]
    [InlineData(200, """{"items": [{"spec": {"replicas": "two"}}]}""", "An object in /apis/argoproj.io/v1alpha1/namespaces/shop/rollouts is not as its kind is known")]
    public async Task A_kind_that_cannot_be_listed_hides_no_other_and_is_named(int code, string body, string reason)
    {
        PutWorkload("deployments", "web");
        AnswerWith(path => path == Rollouts, code, body);

        WorkloadListing listing = await ListAllAsync();

        Assert.Equal("web", Assert.Single(listing.Workloads).Name);
        Assert.Null(listing.Failure);
        Assert.StartsWith($"The rollouts.argoproj.io cannot be listed: {reason}", Assert.Single(listing.Unlisted), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_that_cannot_be_listed_hide_no_workload()
    {
        PutWorkload("deployments", "web");
        AnswerWith(path => path.EndsWith("/services", StringComparison.Ordinal), 403, """{"kind": "Status", "message": "no services for you"}""");

        WorkloadListing listing = await ListAllAsync();

        Assert.Equal("web", Assert.Single(listing.Workloads).Name);
        Assert.Equal(["The services cannot be listed: no services for you."], listing.Unlisted);
    }

    [Fact]
    public async Task When_nothing_can_be_listed_that_is_a_failure_and_no_empty_namespace()
    {
        AnswerWith(_ => true, 403, """{"kind": "Status", "message": "nothing for you"}""");

        WorkloadListing listing = await ListAllAsync();

        Assert.Equal("The deployments.apps cannot be listed: nothing for you.", listing.Failure);
        Assert.Empty(listing.Workloads);
    }

    [Theory]
    [InlineData("web-x7k2p", "web", "web")]
    [InlineData("web", null, "web")]
    [InlineData("web-x7k2p", "\u001b[31mroot", "web-x7k2p")]
    public async Task An_attachment_is_called_what_its_user_calls_it_as_far_as_the_objects_name_says_the_same(string name, string? annotation, string expected)
    {
        PutWorkload("deployments", "web");
        AttachmentObject attachment = AttachmentTo("web", name, AttachmentPhase.Active);
        _attachments.Add(annotation is null
            ? attachment
            : attachment with { Metadata = attachment.Metadata with { Annotations = new Dictionary<string, string> { ["landline.dev/name"] = annotation } } });

        WorkloadAttachment shown = Assert.Single(Assert.Single(await ListAsync()).Attachments);

        Assert.Equal((expected, name), (shown.Name, shown.ObjectName));
    }

    private void AnswerWith(Func<string, bool> isMeant, int code, string body) => _scene.Server.Answer = async context =>
    {
        if (!isMeant(context.Request.Path.Value!))
        {
            return false;
        }

        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
        return true;
    };

    private async Task<IReadOnlyList<WorkloadInfo>> ListAsync()
    {
        WorkloadListing listing = await ListAllAsync();
        Assert.Null(listing.Failure);
        Assert.Empty(listing.Unlisted);
        return listing.Workloads;
    }

    private Task<WorkloadListing> ListAllAsync() => new WorkloadLister(
        _scene.Client, () => _attachments, () => _replicas, new ConnectionStore(_scene.Client, TimeProvider.System, NullLogger.Instance))
        .ListAsync("shop", Deadline.Token);

    private void PutWorkload(string plural, string name, string podSpec = "{}", string? owner = null, string ownerName = "owner")
    {
        JsonObject workload = Json(
            $$$"""
            {
              "metadata": {},
              "spec": {"selector": {"matchLabels": {"app": "{{{name}}}"}},
                       "template": {"metadata": {"labels": {"app": "{{{name}}}"}}, "spec": {{{podSpec}}}}},
              "status": {"readyReplicas": 1}
            }
            """);
        if (owner is not null)
        {
            workload["metadata"]!["ownerReferences"] = Owners(owner, ownerName);
        }

        _scene.Server.Objects.Put($"/apis/apps/v1/namespaces/shop/{plural}/{name}", workload);
    }

    /// <summary>A workload's, which the manager knows as a replica, too.</summary>
    private void PutPod(string name, string app, string ownerName = "owner")
    {
        JsonObject pod = Json($$$"""{"metadata": {"labels": {"app": "{{{app}}}"}}, "status": {"phase": "Running"}}""");
        pod["metadata"]!["ownerReferences"] = Owners("ReplicaSet", ownerName);
        _scene.Server.Objects.Put($"/api/v1/namespaces/shop/pods/{name}", pod);
        _replicas.Add(ReplicaOf("shop", name, app));
    }

    private void PutBarePod(string name, string phase, string spec = "{}") => _scene.Server.Objects.Put(
        $"/api/v1/namespaces/shop/pods/{name}", Json($$$"""{"spec": {{{spec}}}, "status": {"phase": "{{{phase}}}"}}"""));

    private static Replica ReplicaOf(string namespaceName, string name, string app) => Replica.Of(new Pod
    {
        Metadata = new ObjectMeta
        {
            Name = name, Namespace = namespaceName, Uid = name, Labels = new Dictionary<string, string> { ["app"] = app },
        },
        Spec = new PodSpec { NodeName = "node-1" },
        Status = new PodStatus { Phase = "Running" },
    })!;

    private static AttachmentObject AttachmentTo(string workload, string name, AttachmentPhase phase, string kind = "Deployment") => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "shop" },
        Spec = new AttachmentSpec { Connection = "alice-x1", Workload = new AttachmentWorkload { Kind = kind, Name = workload } },
        Status = new AttachmentStatus { Phase = phase },
    };

    private static JsonArray Owners(string kind, string name) => [new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = kind, ["name"] = name, ["uid"] = "u", ["controller"] = true }];

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
