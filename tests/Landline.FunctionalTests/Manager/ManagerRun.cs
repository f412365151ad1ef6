using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Manager;

/// <summary>The program <c>landline-cluster manager</c> as a process, with a fake API server. Killed on disposal if it still runs.</summary>
internal sealed class ManagerRun : IAsyncDisposable
{
    private const string ConfigMap = "/api/v1/namespaces/landline/configmaps/landline-manager";
    public const string Namespace = "work";

    private readonly string _folder = Directory.CreateTempSubdirectory("landline-manager-").FullName;

    // A connection for each request, as the kubelet has it: one that is kept says nothing of whether it still listens.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
    private readonly ConcurrentBag<Stream> _links = [];
    private volatile bool _isCutOff;
    private readonly TaskCompletionSource _announcing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayAnnounce = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ManagerRun(FakeApiServer server)
    {
        ApiServer = server;
        server.Answer = async context =>
        {
            if (context.Request.Method == "PATCH" && context.Request.Path == ConfigMap)
            {
                _announcing.TrySetResult();
                await _mayAnnounce.Task.WaitAsync(context.RequestAborted);
            }

            return false;
        };

        // All of 127.0.0.0/8 is this machine's, so the port that is known from outside is free on an address of this test's own.
        byte[] own = Guid.NewGuid().ToByteArray();
        Health = new IPEndPoint(new IPAddress([127, own[0], own[1], (byte)(own[2] | 2)]), ClusterObjects.HealthPort);
    }

    public FakeApiServer ApiServer { get; }

    public IPEndPoint Health { get; }

    public Process Process { get; private set; } = null!;

    /// <summary>Returns when it answers over HTTP. It cannot announce its key before <see cref="LetAnnounce"/>.</summary>
    public static async Task<ManagerRun> StartAsync()
    {
        var run = new ManagerRun(await FakeApiServer.StartAsync());
        await File.WriteAllTextAsync(run.Kubeconfig, run.ApiServer.Kubeconfig("token: t"), Deadline.Token);
        await File.WriteAllTextAsync(run.Resolver, "nameserver 127.0.0.1\nsearch landline.svc.cluster.local\n", Deadline.Token);
        await run.StartProcessAsync();
        return run;
    }

    /// <summary>Returns when it has announced its key.</summary>
    public static async Task<ManagerRun> StartReadyAsync()
    {
        ManagerRun run = await StartAsync();
        run.LetAnnounce();
        await run.UntilAsync(async () => (await run.GetAsync("/readyz")).Status == HttpStatusCode.OK);
        return run;
    }

    public async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync(Deadline.Token);
    }

    /// <summary>Another process in the place of the one that has ended.</summary>
    public async Task StartAgainAsync()
    {
        Process.Dispose();
        await StartProcessAsync();
    }

    /// <summary>Completes when it knows the Connections and would announce its key.</summary>
    public Task Announcing => _announcing.Task;

    public void LetAnnounce() => _mayAnnounce.TrySetResult();

    public async Task<(HttpStatusCode Status, string Body, MediaTypeHeaderValue? Type)> GetAsync(string path)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri($"http://{Health}{path}"), Deadline.Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Deadline.Token), response.Content.Headers.ContentType);
    }

    /// <summary>Waits for what another process does. While it does not listen it is not so.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo)
    {
        CancellationToken deadline = Deadline.Token;
        while (!await IsSoAsync())
        {
            Assert.False(Process.HasExited, "The manager has ended.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }

        async Task<bool> IsSoAsync()
        {
            try
            {
                return await isSo();
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    public async Task TerminateAsync()
    {
        using Process kill = Process.Start(new ProcessStartInfo("kill", [$"{Process.Id}"]))!;
        await kill.WaitForExitAsync(Deadline.Token);
    }

    /// <summary>A workstation that has made a Connection with the key of a certificate, and shows the key of one.</summary>
    public SessionClient NewWorkstation(string connection, X509Certificate2 known, X509Certificate2 shown, int graceSeconds = 60)
    {
        ApiServer.Objects.Put(
            $"/apis/landline.dev/v1/namespaces/{Namespace}/connections/{connection}",
            new JsonObject { ["spec"] = new JsonObject { ["publicKeyFingerprint"] = PinnedTls.FingerprintOf(known), ["gracePeriodSeconds"] = graceSeconds } });
        JsonNode announced = ApiServer.Objects.Get(ConfigMap)!["data"]!;
        int port = int.Parse(announced["port"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture);
        var hello = new WorkstationHello { Namespace = Namespace, Connection = connection };
        return new SessionClient(new SessionClientOptions
        {
            DialLink = token => DialAsync(port, token),
            Certificate = shown,
            PinnedFingerprint = () => announced["fingerprint"]!.ToString(),
            Hello = () => JsonSerializer.SerializeToUtf8Bytes(hello, ProtocolJson.Default.ClientHello),
            Acceptor = static (_, stream) => stream.Refuse(new StreamEnd(StreamEndCode.NotAllowed, "Nothing is opened in this direction.")),
        });
    }

    /// <summary>The workstations' links break, and from now on they get no others.</summary>
    public void CutWorkstationsOff()
    {
        _isCutOff = true;
        foreach (Stream link in _links)
        {
            link.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            await KillAsync();
        }

        Process.Dispose();
        _http.Dispose();
        await ApiServer.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    private string Resolver => Path.Combine(_folder, "resolv.conf");

    private async Task StartProcessAsync()
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "landline-cluster"),
            [
                "manager", "--namespace", "landline", "--kubeconfig", Kubeconfig, "--resolv-conf", Resolver,
                "--listen", "127.0.0.1:0", "--web-socket", "127.0.0.1:0", "--health", Health.ToString(),
            ])
        {
            RedirectStandardOutput = true,
        };
        Process = Process.Start(start)!;
        Process.OutputDataReceived += static (_, _) => { }; // A full pipe would hold it up.
        Process.BeginOutputReadLine();
        await UntilAsync(async () => (await GetAsync("/healthz")).Status == HttpStatusCode.OK);
    }

    private async Task<Stream> DialAsync(int port, CancellationToken cancellationToken)
    {
        if (_isCutOff)
        {
            throw new IOException("The network is gone.");
        }

        Stream link = await TcpLink.ConnectAsync(new DnsEndPoint("127.0.0.1", port), cancellationToken);
        _links.Add(link);
        return link;
    }
}
