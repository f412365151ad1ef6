using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Manager.Attachments;

public sealed class PortClaimsTests
{
    private static readonly Replica Pod = Replica.Of(new Pod
    {
        Metadata = new() { Name = "web-1", Namespace = "shop", Uid = "web-1" },
        Spec = new() { NodeName = "node1", Containers = [new() { Name = "app" }, new() { Name = "sidecar" }] },
        Status = new() { Phase = "Running" },
    })!;

    private readonly PortClaims _claims = new((_, _) => true);

    [Fact]
    public void Who_has_claimed_before_keeps_it_and_nobody_gets_any_of_it()
    {
        AttachmentState first = Intercept("first", 80);
        AttachmentState claimed = Intercept("claimed", 80, 81);
        claimed.HasClaimed = true;
        Assert.Null(_claims.Claim(first, [Pod]));

        Assert.Null(_claims.Claim(claimed, [Pod]));

        Assert.Equal((claimed, 81), HolderOf(Intercept("second", 81)));
    }

    [Fact]
    public void A_port_of_another_container_than_the_one_that_is_replaced_is_free()
    {
        Assert.Null(_claims.Claim(New("mine", AttachmentType.Replace, "app"), [Pod]));

        Assert.Null(_claims.Claim(New("bobs", AttachmentType.Intercept, "sidecar", 9000), [Pod]));
        Assert.NotNull(_claims.Claim(New("carols", AttachmentType.Intercept, "app", 9001), [Pod]));
    }

    private (AttachmentState, int)? HolderOf(AttachmentState attachment) =>
        _claims.Claim(attachment, [Pod]) is var (holder, port) ? (holder, port!.Port) : null;

    private static AttachmentState Intercept(string name, params int[] ports) => New(name, AttachmentType.Intercept, "app", ports);

    private static AttachmentState New(string name, AttachmentType type, string container, params int[] ports)
    {
        var item = new AttachmentObject { Metadata = new() { Name = name, Namespace = "shop", Uid = name }, Spec = new() { Type = type } };
        return new AttachmentState(item, DateTimeOffset.UnixEpoch)
        {
            Workload = new WorkloadView(WorkloadKind.Find("deployment")!, "shop", "web", new LabelSelector(), new PodSpec(), [], null),
            Ports = new PortResolution(container, [.. ports.Select(port => new AttachedPort { Port = port })]),
        };
    }
}
