using System.Net.Sockets;
using Landline.Protocol.Links;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Links;

public sealed class UnsentLimitTests
{
    private const int Megabyte = 1_000_000;
    private readonly ManualTime _time = new();

    [Fact]
    public void A_link_that_becomes_fast_gets_more_and_loses_it_when_it_is_slow_again()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var limit = new UnsentLimit(socket, _time);
        Assert.Equal(256 * 1024, InKernel(socket));

        Send(limit, megabytesPerSecond: 50, seconds: 1);
        Assert.Equal(256 * 1024, InKernel(socket));
        Send(limit, megabytesPerSecond: 200, seconds: 1);
        Assert.Equal(1024 * 1024, InKernel(socket));
        Assert.Equal(limit.Bytes, InKernel(socket));
        Send(limit, megabytesPerSecond: 5, seconds: 2);
        Assert.Equal(256 * 1024, InKernel(socket));
    }

    /// <summary>A download after a pause: how fast the link is now is not known.</summary>
    [Fact]
    public void A_pause_counts_as_slow()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var limit = new UnsentLimit(socket, _time);
        Send(limit, megabytesPerSecond: 200, seconds: 1);

        _time.Advance(TimeSpan.FromSeconds(10));
        limit.Sent(5 * Megabyte);

        Assert.Equal(256 * 1024, InKernel(socket));
    }

    private static int InKernel(Socket socket)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(6, 25, value); // IPPROTO_TCP, TCP_NOTSENT_LOWAT
        return BitConverter.ToInt32(value);
    }

    private void Send(UnsentLimit limit, int megabytesPerSecond, int seconds)
    {
        for (int i = 0; i < 100 * seconds; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            limit.Sent(megabytesPerSecond * Megabyte / 100);
        }
    }
}
