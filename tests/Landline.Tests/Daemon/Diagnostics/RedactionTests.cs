using Landline.Daemon.Diagnostics;

namespace Landline.Tests.Daemon.Diagnostics;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("Authorization: Bearer abc.def-123")]
    [InlineData("token=s3cret-value")]
    [InlineData("\"password\": \"s3cret value\"")]
    [InlineData("DB_PASSWORD='s3cret value'")]
    [InlineData("client-key-data: czNjcmV0")]
    [InlineData("https://user:s3cret@proxy.example.com:3128")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJzM2NyZXQifQ.c2lnbmF0dXJl")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nczNjcmV0\n-----END EC PRIVATE KEY-----")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nczNjcmV0 and cut off")]
    public void What_looks_like_a_secret_is_taken_out(string line)
    {
        string redacted = Redaction.Apply($"before {line} after");

        Assert.Contains("[redacted]", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain("czNjcmV0", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain("abc.def", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain("c2lnbmF0dXJl", redacted, StringComparison.Ordinal);
        Assert.StartsWith("before ", redacted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2030-01-01T12:00:00.000Z info  1401 Daemon.Connections: Connected: session 0b2c, routed 10.96.0.0/16")]
    [InlineData("Connecting to https://198.51.100.1:6443, namespace default")]
    public void What_does_not_stays_as_it_is(string line) => Assert.Equal(line, Redaction.Apply(line));
}
