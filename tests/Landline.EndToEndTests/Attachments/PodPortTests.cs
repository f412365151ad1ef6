using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>Which ports: several at once, datagrams, one of several services', the pod's on the laptop; and one whose callers are refused.</summary>
[Collection(BesideWebInCommonScene.Name)]
public sealed class PodPortTests(CommonScene scene) : ClusterTest(scene), IClassFixture<PodPortTests.Ports>
{
    private const string Workload = "ports";
    private const int OnLoopback = 9901;

    /// <summary>Its port has the name of the first one's and leads to another port of the pods.</summary>
    private const string OtherService = "ports-other";
    private const int OthersPort = 8090;

    // Prints what one datagram is answered, and from where.
    private const string Ask =
        """
        import socket, sys
        family, kind, _, _, address = socket.getaddrinfo(sys.argv[1], 7000, type=socket.SOCK_DGRAM)[0]
        s = socket.socket(family, kind); s.settimeout(5); s.connect(address); s.send(b"hello"); print(s.recv(99).decode())
        """;

    private const string AnswerDatagrams =
        """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 7000)); print("ready", flush=True)
        while True: data, sender = s.recvfrom(99); s.sendto(b"workstation heard " + data, sender)
        """;

    /// <summary>A workload with a sidecar that listens on the pod's loopback address only.</summary>
    public sealed class Ports(CommonScene scene) : SceneAddition(scene)
    {
        protected override Task DeployAsync() => Scene.Namespace.DeployAsync(
            TestServer.Deployment(
                Workload,
                replicas: 1,
                $$$"""
                {name: sidecar, image: "{{{TestServer.Image}}}", imagePullPolicy: Never,
                 command: [python3, -m, http.server, '{{{OnLoopback}}}', --bind, 127.0.0.1, --directory, /etc/alternatives]}
                """.ReplaceLineEndings(" ")),
            $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{OtherService}}} }
            spec: {selector: {app: {{{Workload}}} }, ports: [{name: http, port: {{{OthersPort}}}, targetPort: {{{TestServer.Ticks}}} }]}
            """);
    }

    [ClusterFact]
    public async Task Several_ports_come_here_at_once_datagrams_too_and_go_back()
    {
        await using Handler http = await Handler.StartAsync(8183);
        await using ProgramRun handler = Laptop.Root.Start("/usr/bin/python3", "-c", AnswerDatagrams);
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(10), "the handler listens", () => Task.FromResult(handler.Output.Contains("ready", StringComparison.Ordinal)));
        string overV6 = await Namespace.KubectlAsync("get", "pod", "-l", $"app={Workload}", "-o", "jsonpath={.items[0].status.podIPs[1].ip}");
        await InterceptAsync("-p", "8183:8080", "-p", "7000:echo-udp/UDP");
        try
        {
            Assert.Equal("workstation heard hello", await AskFromPodAsync(Workload));
            Assert.Equal("workstation heard hello", await AskFromPodAsync(overV6));
            Assert.Equal(Handler.Name, await Caller.AskAsync(Namespace.Name, Workload));
            Assert.Equal(Handler.Name, await Caller.AskAsync(Namespace.Name, $"[{overV6}]"));
        }
        finally
        {
            await DetachAsync();
        }

        Assert.Equal("hello", await AskFromPodAsync(Workload));
        Assert.Equal("hello", await AskFromPodAsync(overV6));
        Assert.StartsWith("hello from ports-", await Caller.AskAsync(Namespace.Name, Workload), StringComparison.Ordinal);
        Assert.StartsWith("hello from ports-", await Caller.AskAsync(Namespace.Name, $"[{overV6}]"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Of_several_services_that_one_is_meant_which_was_named()
    {
        (string sentence, _) = (await TryInterceptAsync("-p", "8180:http")).FailedWithAdvice();
        Assert.Contains($"{TestServer.Http}", sentence, StringComparison.Ordinal);
        Assert.Contains($"{TestServer.Ticks}", sentence, StringComparison.Ordinal);

        await using Handler handler = await Handler.StartAsync(8180);
        await InterceptAsync("-p", "8180:http", "--service", OtherService);
        try
        {
            ProgramResult asked = await CallerPod.RunAsync(Namespace.Name, "curl", "-sS", "--max-time", "5", $"http://{OtherService}:{OthersPort}/");
            Assert.Equal(Handler.Name, asked.Succeeded());
            Assert.StartsWith("hello from ports-", await Caller.AskAsync(Namespace.Name, Workload), StringComparison.Ordinal);
        }
        finally
        {
            await DetachAsync();
        }
    }

    [ClusterFact]
    public async Task A_port_of_the_pods_loopback_address_is_reached_on_the_laptop()
    {
        await InterceptAsync("-p", "8180:8080", "--to-pod", $"{OnLoopback}", "--to-pod", "7000/UDP");
        try
        {
            Assert.Contains("Directory listing", await Laptop.Root.CurlAsync($"http://127.0.0.1:{OnLoopback}/"), StringComparison.Ordinal);
            Assert.Equal("hello", (await Laptop.Root.SucceedAsync("/usr/bin/python3", "-c", Ask, "127.0.0.1")).Trim());
        }
        finally
        {
            await DetachAsync();
        }

        Assert.NotEqual(0, (await Laptop.Root.RunAsync("curl", "-s", "--max-time", "2", $"http://127.0.0.1:{OnLoopback}/")).ExitCode);
    }

    [ClusterFact]
    public async Task Callers_are_refused_where_that_was_asked_for_and_nobody_listens()
    {
        await InterceptAsync("-p", "8199:8080", "--when-unavailable", "refuse");
        try
        {
            ProgramResult asked = await CallerPod.RunAsync(Namespace.Name, "curl", "-sS", "--max-time", "5", $"http://{Workload}:{TestServer.Http}/");

            // 7: it cannot connect, also where the reset comes before curl has looked; 56: reset while it waits for the answer. Not 28: no answer.
            Assert.Matches(@"^curl: \((7|56)\)", asked.Errors);
        }
        finally
        {
            await DetachAsync();
        }
    }

    private async Task<string> AskFromPodAsync(string host) =>
        (await CallerPod.RunAsync(Namespace.Name, "python3", "-c", Ask, host)).Succeeded().Trim();

    private static async Task InterceptAsync(params string[] arguments) => (await TryInterceptAsync(arguments)).Succeeded();

    private static Task<ProgramResult> TryInterceptAsync(params string[] arguments) =>
        Laptop.Root.LandlineAsync(["intercept", Workload, "--container", Workload, "--mount", "false", .. arguments]);

    private static async Task DetachAsync() => (await Laptop.Root.LandlineAsync("detach", Workload)).Succeeded();
}
