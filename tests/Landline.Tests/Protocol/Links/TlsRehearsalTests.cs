using System.Security.Cryptography.X509Certificates;
using Landline.Protocol.Links;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Links;

public sealed class TlsRehearsalTests
{
    [Fact]
    public async Task A_key_shakes_hands_with_itself()
    {
        using X509Certificate2 key = PinnedTls.CreateCertificate(TimeProvider.System);

        await TlsRehearsal.RunAsync(key, Deadline.Token);
    }
}
