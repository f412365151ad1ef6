using System.Text.Json;
using Landline.Cluster.Manager.Attachments;
using Landline.Kubernetes.Resources;

namespace Landline.Tests.Cluster.Manager.Attachments;

public sealed class NamedProbesTests
{
    [Fact]
    public void Probes_and_hooks_that_say_which_user_agent_to_send_are_found_in_every_container()
    {
        PodSpec pod = JsonSerializer.Deserialize(
            """
            {"spec": {
              "containers": [
                {"name": "app",
                 "livenessProbe": {"httpGet": {"path": "/live?full#x", "port": 80, "httpHeaders": [{"name": "user-agent", "value": " ours "}]}},
                 "readinessProbe": {"httpGet": {"path": "ready", "port": "http", "httpHeaders": [{"name": "Host", "value": "a"}, {"name": "User-Agent", "value": ""}]}},
                 "startupProbe": {"httpGet": {"path": "/live", "port": 80}}},
                {"name": "other",
                 "livenessProbe": {"tcpSocket": {"port": 80}},
                 "lifecycle": {"preStop": {"httpGet": {"port": 80, "httpHeaders": [{"name": "User-Agent", "value": "stop"}]}}, "postStart": {"exec": {"command": ["true"]}}}}],
              "initContainers": [
                {"name": "sidecar", "startupProbe": {"httpGet": {"path": "/live?full", "port": 81, "httpHeaders": [{"name": "User-Agent", "value": "ours"}]}}}]}}
            """,
            WireFormat.Of<Pod>())!.Spec;

        Assert.Equal(
            [("/live?full", "ours"), ("/ready", ""), ("/", "stop")], NamedProbes.Of(pod).Select(static probe => (probe.Path, probe.UserAgent)));
    }
}
