using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Security;

/// <summary>Promise 6: a pod in the cluster that speaks to the manager without the key of a Connection gets nothing.</summary>
[Collection(ConnectionOfCommonScene.Name)]
public sealed class StrangerTests(CommonScene scene) : ClusterTest(scene)
{
    private const string Manager = "landline-manager.landline.svc.cluster.local";

    [ClusterFact]
    public async Task Plain_bytes_get_no_byte_back() => await AssertGetsNothingAsync(
        $$"""
        import socket
        s = socket.create_connection(("{{Manager}}", 7070), 20)
        try:
            s.sendall(b"GET / HTTP/1.1\r\nHost: manager\r\n\r\n")
            answer = s.recv(100)
            # A TLS alert (content type 21) says no and nothing else.
            print("nothing" if answer == b"" or answer[0] == 21 else answer)
        except ConnectionError:
            print("nothing")
        """);

    [ClusterFact]
    public async Task TLS_without_a_client_certificate_gets_no_byte_back() =>
        await AssertGetsNothingAsync(TlsScript("", """b'{"role":"workstation"}'"""));

    /// <summary>Below the WebSocket there is nobody else than on the other port.</summary>
    [ClusterFact]
    public async Task A_WebSocket_without_TLS_in_it_gets_no_byte_back()
    {
        string manager = await Kubectl.SucceedAsync(
            "-n", LabFixture.ManagerNamespace, "get", "pod", "-l", "app.kubernetes.io/name=landline-manager", "-o", "jsonpath={.items[0].status.podIP}");

        Assert.Equal("101, nothing", await SayAsync(
            $$"""
            import socket
            s = socket.create_connection(("{{manager}}", 7072), 20)
            s.sendall(b"GET /session HTTP/1.1\r\nHost: m\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: session.landline.dev\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"): head += s.recv(1) or exit("no answer")
            status = head.split()[1].decode()
            s.sendall(bytes([0x82, 0x88, 0, 0, 0, 0]) + b"LNDL\0\1\0\0")
            try:
                answer = s.recv(100)
                # A binary message with a TLS alert (content type 21) says no and nothing else.
                print(f"{status}, nothing" if answer == b"" or answer[2] == 21 else answer)
            except ConnectionError:
                print(f"{status}, nothing")
            """));
    }

    [ClusterFact]
    public async Task Only_the_key_that_the_Connection_names_gets_an_answer()
    {
        using var known = new StrangersKey();
        using var other = new StrangersKey();
        string real = (await Namespace.KubectlAsync("get", "connections.landline.dev", "-l", "app.kubernetes.io/managed-by=landline", "-o", "jsonpath={.items[0].metadata.name}")).Trim();
        await Kubectl.ApplyAsync(
            $$$"""
            apiVersion: landline.dev/v1
            kind: Connection
            metadata: {name: known}
            spec: {client: {user: stranger, host: pod}, publicKeyFingerprint: "{{{known.Fingerprint}}}", gracePeriodSeconds: 60}
            """,
            "-n",
            Namespace.Name);
        try
        {
            // What follows would prove nothing if this hello were not understood.
            Assert.Equal("LNDL, status 1", await SayAsync(TlsScript(known.Load, HelloOf("known"))));
            Assert.Equal("nothing", await SayAsync(TlsScript(other.Load, HelloOf("known"))));
            Assert.Equal("nothing", await SayAsync(TlsScript(known.Load, HelloOf(real))));
            Assert.Equal("nothing", await SayAsync(TlsScript(known.Load, HelloOf("nobody"))));
            Assert.Equal("nothing", await SayAsync(TlsScript(known.Load, HelloOfAnAgent)));
        }
        finally
        {
            await Namespace.KubectlAsync("delete", "connections.landline.dev", "known");
        }

        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync("http://server:8080/"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task The_fingerprint_in_the_cluster_is_all_that_is_public_of_the_manager()
    {
        string published = await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "get", "configmap", "landline-manager", "-o", "jsonpath={.data}");
        string secrets = await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "get", "connections.landline.dev", "-A", "-o", "yaml");

        Assert.Contains("sha256:", published, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", published, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", secrets, StringComparison.Ordinal);
    }

    private static string TlsScript(string loadCertificate, string hello) =>
        $$"""
        import socket, ssl, struct
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        {{loadCertificate}}
        try:
            s = context.wrap_socket(socket.create_connection(("{{Manager}}", 7070), 20))
            hello = {{hello}}
            s.sendall(struct.pack("!4sHBB16sQII", b"LNDL", 1, 0, 0, bytes(16), 0, 0, len(hello)) + hello)
            answer = s.recv(100)
            print(f"{answer[:4].decode()}, status {answer[6]}" if answer else "nothing")
        except (ssl.SSLError, ConnectionError):
            print("nothing")
        """;

    // The token is a real one, of another account.
    private const string HelloOfAnAgent =
        """('{"role":"agent","node":"node1","token":"' + open("/var/run/secrets/kubernetes.io/serviceaccount/token").read() + '"}').encode()""";

    private string HelloOf(string connection) =>
        $$"""b'{"role":"workstation","namespace":"{{Namespace.Name}}","connection":"{{connection}}","version":"0.1.0"}'""";

    private async Task AssertGetsNothingAsync(string script) => Assert.Equal("nothing", await SayAsync(script));

    private async Task<string> SayAsync(string script) =>
        (await Kubectl.PythonAsync(Namespace.Name, await Namespace.PodOfAsync("server"), script)).Succeeded();

    private sealed class StrangersKey : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly X509Certificate2 _certificate;

        public StrangersKey()
        {
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            _certificate = new CertificateRequest("CN=stranger", _key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        }

        public string Fingerprint => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(_certificate.RawData))}";

        /// <summary>Python that gives the key to a TLS context.</summary>
        public string Load =>
            $$"""
            open("/tmp/stranger.pem", "w").write('''{{_certificate.ExportCertificatePem()}}
            {{_key.ExportPkcs8PrivateKeyPem()}}
            ''')
            context.load_cert_chain("/tmp/stranger.pem")
            """;

        public void Dispose()
        {
            _certificate.Dispose();
            _key.Dispose();
        }
    }
}
