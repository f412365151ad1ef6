using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>
/// A policy engine that refuses privileged pods: a webhook on the cloud's host that the API server asks about agents'
/// pods and about no others, so that nothing else of the cluster depends on it.
/// </summary>
internal sealed class PrivilegedPodPolicy : IAsyncDisposable
{
    private const string Name = "end-to-end-no-privileged-pods";
    private const int Port = 8443;

    private readonly string _folder = Directory.CreateTempSubdirectory("landline-policy-").FullName;
    private ProgramRun? _server;

    private PrivilegedPodPolicy()
    {
    }

    public bool HasRefused => _server!.Output.Contains("refused landline-agent", StringComparison.Ordinal);

    /// <summary>Returns when the API server asks it.</summary>
    public static async Task<PrivilegedPodPolicy> EnforceAsync(string @namespace)
    {
        var policy = new PrivilegedPodPolicy();
        try
        {
            await policy.EnforceItAsync(@namespace);
            return policy;
        }
        catch
        {
            await policy.DisposeAsync();
            throw;
        }
    }

    private async Task EnforceItAsync(string @namespace)
    {
        string certificate = await StartServerAsync();
        await Kubectl.ApplyAsync(
            $$$"""
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: {{{Name}}}, labels: {landline.dev/test: end-to-end}}
            webhooks:
            - name: no-privileged-pods.policy.example.com
              clientConfig: {url: "https://{{{Lab.CloudAddress}}}:{{{Port}}}/", caBundle: {{{Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate))}}}}
              rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
              objectSelector: {matchLabels: {app.kubernetes.io/name: landline-agent}}
              admissionReviewVersions: [v1]
              sideEffects: None
              timeoutSeconds: 5
            """);
        await Eventually.TrueAsync(TimeSpan.FromSeconds(20), "the policy is in force", () => RefusesAsync(@namespace));
    }

    /// <summary>From now on such pods are admitted.</summary>
    public static async Task LiftAsync(string @namespace)
    {
        await Kubectl.SucceedAsync("delete", "validatingwebhookconfiguration", Name, "--ignore-not-found");
        await Eventually.TrueAsync(TimeSpan.FromSeconds(20), "the policy is lifted", async () => !await RefusesAsync(@namespace));
    }

    public async ValueTask DisposeAsync()
    {
        await Kubectl.RunAsync("delete", "validatingwebhookconfiguration", Name, "--ignore-not-found");
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // A dry run is admitted or not as the real one, and no pod comes of it.
    private static async Task<bool> RefusesAsync(string @namespace)
    {
        ProgramResult asked = await Lab.RunAsync(
            ["kubectl", "-n", @namespace, "create", "--dry-run=server", "-f", "-"],
            null,
            $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: asks-the-policy, labels: {app.kubernetes.io/name: landline-agent}}
            spec:
              containers: [{name: asks, image: "{{{TestServer.Image}}}", securityContext: {privileged: true}}]
            """);
        return asked.ExitCode != 0;
    }

    /// <returns>Its certificate, which nobody has signed but itself, as PEM.</returns>
    private async Task<string> StartServerAsync()
    {
        (string certificate, string key) = MakeCertificate();
        await File.WriteAllTextAsync(Path.Combine(_folder, "certificate.pem"), certificate, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), key, TestContext.Current.CancellationToken);
        _server = Lab.Start(
            [
                "cloud", "/usr/bin/python3", Path.Combine(SourceTree.Tests, "TestServer", "policy.py"), Lab.CloudAddress, $"{Port}",
                Path.Combine(_folder, "certificate.pem"), Path.Combine(_folder, "key.pem"),
            ],
            null);
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(10), "the policy engine listens", () => Task.FromResult(_server.Output.Contains("ready", StringComparison.Ordinal)));
        return certificate;
    }

    private static (string Certificate, string Key) MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(Lab.CloudAddress));
        var request = new CertificateRequest("CN=policy", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now - TimeSpan.FromHours(1), now + TimeSpan.FromHours(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
