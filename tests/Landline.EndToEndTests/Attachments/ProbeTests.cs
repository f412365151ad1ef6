using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>Promise 9: a handler that stands at a breakpoint restarts no pod, whatever kind of probe the pod has.</summary>
[Collection(BesideWebInCommonScene.Name)]
public sealed class ProbeTests(CommonScene scene) : ClusterTest(scene), IClassFixture<ProbeTests.Probed>
{
    private static readonly string[] Pods = ["http", "tcp", "exec"];

    /// <summary>Three failures in a row, a second apart, restart a container.</summary>
    public sealed class Probed(CommonScene scene) : SceneAddition(scene)
    {
        // What curl would do, for a tenth of the processor time.
        private const string Ask = """exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET / HTTP/1.0\r\n\r\n" >&3; read -t 2 -u 3 line; [[ $line == *200* ]]""";

        protected override Task DeployAsync() => Scene.Namespace.DeployAsync(
            Pod("http", "httpGet: {path: /, port: 8080}"),
            Pod("tcp", "tcpSocket: {port: 8080}"),
            Pod("exec", $"exec: {{command: [bash, -c, '{Ask}']}}"));

        // Each probe is a process in the container, twice a second.
        protected override async Task RemoveAsync() =>
            await Scene.Namespace.KubectlAsync("delete", "pods", "-l", "probed=yes", "--wait=false");

        private static string Pod(string name, string probe) =>
            $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{{name}}}, labels: {app: {{{name}}}, probed: "yes"}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - name: server
                  image: "{{{TestServer.Image}}}"
                  imagePullPolicy: Never
                  ports: [{name: http, containerPort: 8080}]
                  startupProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, failureThreshold: 60}
                  readinessProbe: { {{{probe}}}, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 3}
                  livenessProbe: { {{{probe}}}, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 3}
            """;
    }

    [ClusterFact(Timeout = Endurance.LongestTestMilliseconds)]
    public async Task No_probe_notices_a_handler_that_is_stopped()
    {
        string before = await StatesAsync();
        await using Handler handler = await Handler.StartAsync(8180);
        try
        {
            foreach (string pod in Pods)
            {
                (await Laptop.Root.LandlineAsync("intercept", pod, "-w", $"pod/{pod}", "-p", "8180:http", "--mount", "false")).Succeeded();
            }

            await Handler.SignalAsync(8180, "STOP");

            // That nothing happens in this time is what is tested.
            await Task.Delay(Endurance.Breakpoint, TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.Matches("^([0-9]+ true;){3}$", before);
            Assert.Equal(before, await StatesAsync());
        }
        finally
        {
            await Handler.SignalAsync(8180, "CONT");
            foreach (string pod in Pods)
            {
                await Laptop.Root.LandlineAsync("detach", pod);
            }
        }
    }

    private Task<string> StatesAsync() => Namespace.KubectlAsync(
        "get", "pods", "-l", "probed=yes", "-o", "jsonpath={range .items[*]}{.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready};{end}");
}
