using System.Net;
using System.Net.Sockets;
using Landline.Daemon.NetHelper;
using Landline.Protocol.Errors;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.NetHelper;

/// <summary>A request that is larger than a record can be, to a net helper that never sees it.</summary>
public sealed class LargeRequestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-large-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RootFact]
    public async Task It_is_a_refusal_and_the_helper_stays()
    {
        string path = Path.Combine(_folder, "helper.sock");
        await using NetHelperClient client = NetHelperClient.Listen(path, TimeProvider.System, NullLogger.Instance);
        using var helper = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await helper.ConnectAsync(new UnixDomainSocketEndPoint(path), Deadline.Token);
        await client.WaitForHelperAsync(TimeSpan.FromSeconds(20), Deadline.Token);
        string[] domains = [.. Enumerable.Range(0, 8000).Select(number => $"{number:D5}.{new string('a', 50)}")];

        var error = await Assert.ThrowsAsync<UserErrorException>(() => client.UpdateAsync(
            new RouteSettings([], [], []), new DnsSettings(IPAddress.Loopback, [], domains), Deadline.Token));

        Assert.Equal("helper-refused", error.Code);
        Assert.False(client.Lost.IsCompleted);
    }
}
