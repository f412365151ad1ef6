using System.Net;
using System.Threading.Channels;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>A request body that the test writes piece by piece while the response is read.</summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(16);

    public ValueTask SendAsync(byte[] piece) => _pieces.Writer.WriteAsync(piece);

    public void End() => _pieces.Writer.Complete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        await foreach (byte[] piece in _pieces.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(piece);
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
