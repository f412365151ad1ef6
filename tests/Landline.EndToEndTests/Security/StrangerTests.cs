using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Security;

/// <summary>Promise 6: a pod in the cluster that speaks to the manager without the key of a Connection gets nothing.</summary>
[Collection(SharedConnectedScene.Name)]
public sealed class StrangerTests(ConnectedScene scene) : ClusterTest(scene)
{
    private const string Manager = "landline-manager.landline.svc.cluster.local";

    [ClusterFact]
    public async Task Plain_bytes_get_no_byte_back() => await AssertGetsNothingAsync(
        $$"""
        import socket
        s = socket.create_connection(("{{Manager}}", 7070), 5)
        s.settimeout(20)
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

    [ClusterFact]
    public async Task A_key_that_no_Connection_names_gets_no_byte_back_even_with_the_name_of_a_real_one()
    {
        string connection = (await Namespace.KubectlAsync("get", "connections.landline.dev", "-o", "jsonpath={.items[0].metadata.name}")).Trim();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        string load = $$"""
            open("/tmp/stranger.pem", "w").write('''{{certificate.ExportCertificatePem()}}
            {{key.ExportPkcs8PrivateKeyPem()}}
            ''')
            context.load_cert_chain("/tmp/stranger.pem")
            """;
        string hello = $$"""b'{"role":"workstation","namespace":"{{Namespace.Name}}","connection":"{{connection}}","version":"0.1.0"}'""";

        await AssertGetsNothingAsync(TlsScript(load, hello));

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
        import socket, ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        {{loadCertificate}}
        try:
            s = context.wrap_socket(socket.create_connection(("{{Manager}}", 7070), 5))
            s.settimeout(20)
            hello = {{hello}}
            s.sendall(bytes([1]) + len(hello).to_bytes(3, "big") + bytes(4) + hello)
            answer = s.recv(100)
            print("nothing" if answer == b"" else answer)
        except (ssl.SSLError, ConnectionError):
            print("nothing")
        """;

    private async Task AssertGetsNothingAsync(string script)
    {
        string pod = await Namespace.PodOfAsync("server");

        Assert.Equal("nothing", (await Kubectl.PythonAsync(Namespace.Name, pod, script)).Succeeded());
    }
}
