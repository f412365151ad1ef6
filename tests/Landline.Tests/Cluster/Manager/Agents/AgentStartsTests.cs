using Landline.Cluster.Manager.Agents;
using Landline.Kubernetes.Resources;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Manager.Agents;

public sealed class AgentStartsTests
{
    private readonly ManualTime _time = new();
    private readonly AgentStarts _starts;

    public AgentStartsTests() => _starts = new AgentStarts(_time);

    [Fact]
    public void A_pod_that_its_node_does_not_take_up_is_a_trouble_after_a_while()
    {
        _starts.Note("node1", PodOf("uid1", null));
        Assert.Null(_starts.FindTrouble("node1"));

        _time.Advance(TimeSpan.FromSeconds(5));
        _starts.Note("node1", PodOf("uid1", null));

        AgentTrouble trouble = _starts.FindTrouble("node1")!;
        Assert.Equal("AgentDoesNotStart", trouble.Reason);
        Assert.Equal("The agent's pod landline-agent-node1 is not taken up by node node1, which may not be ready.", trouble.Message);
        Assert.False(_starts.IsStarting("node1"));
    }

    [Fact]
    public void Another_pod_of_the_node_has_its_own_time()
    {
        _starts.Note("node1", PodOf("uid1", null));
        _time.Advance(TimeSpan.FromSeconds(5));

        _starts.Note("node1", PodOf("uid2", null));

        Assert.Null(_starts.FindTrouble("node1"));
    }

    [Fact]
    public void A_node_that_is_at_making_it_is_starting_it_and_in_no_trouble()
    {
        _starts.Note("node1", PodOf("uid1", new ContainerState { Waiting = new("ContainerCreating", null) }));
        _time.Advance(TimeSpan.FromSeconds(20));
        _starts.Note("node1", PodOf("uid1", new ContainerState { Waiting = new("ContainerCreating", null) }));

        Assert.True(_starts.IsStarting("node1"));
        Assert.Null(_starts.FindTrouble("node1"));

        _starts.Note("node1", PodOf("uid1", new ContainerState { Waiting = new("ErrImagePull", "no such image") }));

        Assert.False(_starts.IsStarting("node1"));
        Assert.Contains("ErrImagePull: no such image", _starts.FindTrouble("node1")!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_admission_has_put_beside_the_agent_says_nothing_of_it()
    {
        Pod pod = PodOf("uid1", new ContainerState { Waiting = new("ErrImagePull", "no such image") });
        var proxy = new ContainerStatus { Name = "proxy", State = new ContainerState { Waiting = new("ContainerCreating", null) } };
        pod = pod with { Status = pod.Status with { ContainerStatuses = [proxy, .. pod.Status.ContainerStatuses] } };

        _starts.Note("node1", pod);

        Assert.False(_starts.IsStarting("node1"));
        Assert.Contains("ErrImagePull: no such image", _starts.FindTrouble("node1")!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_needs_no_agent_any_more_begins_anew()
    {
        _starts.Note("node1", PodOf("uid1", null));
        _time.Advance(TimeSpan.FromSeconds(5));
        _starts.Note("node1", PodOf("uid1", null));
        Assert.NotNull(_starts.FindTrouble("node1"));

        _starts.Forget(isNeeded: _ => false, hasPod: _ => true);
        Assert.Null(_starts.FindTrouble("node1"));
        _starts.Note("node1", PodOf("uid1", null));

        Assert.Null(_starts.FindTrouble("node1")); // When it was seen first is forgotten too.
    }

    [Fact]
    public void How_a_node_turns_pods_down_is_known_for_as_long_as_one_is_needed_or_left_there()
    {
        Assert.True(_starts.MayBeReplaced(PodOf("uid1", null)));
        Assert.False(_starts.MayBeReplaced(PodOf("uid2", null)));

        _starts.Forget(isNeeded: _ => true, hasPod: _ => false);
        Assert.False(_starts.MayBeReplaced(PodOf("uid2", null)));
        _starts.Forget(isNeeded: _ => false, hasPod: _ => true);
        Assert.False(_starts.MayBeReplaced(PodOf("uid2", null)));
        _starts.Forget(isNeeded: _ => false, hasPod: _ => false);

        Assert.True(_starts.MayBeReplaced(PodOf("uid3", null)));
    }

    private static Pod PodOf(string uid, ContainerState? state) => new()
    {
        Metadata = new ObjectMeta { Name = "landline-agent-node1", Uid = uid },
        Spec = new PodSpec { NodeName = "node1" },
        Status = new PodStatus { Phase = "Pending", ContainerStatuses = state is null ? [] : [new ContainerStatus { Name = "agent", State = state }] },
    };
}
