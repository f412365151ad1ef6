using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Landline.Protocol.Api;

/// <summary>
/// Newline-delimited JSON over a Control stream. One task reads; any number may write, a whole line at a time. The
/// owner of the stream ends it.
/// </summary>
/// <param name="stream">As <c>SessionStream.AsStream()</c> gives it.</param>
public sealed class JsonLines<T>(Stream stream, JsonTypeInfo<T> type) : IDisposable
    where T : class
{
    /// <summary>Room for the names of 10,000 namespaces (63 bytes each); who sends more breaks the protocol.</summary>
    public const int LongestLineBytes = 1024 * 1024;

    private const int FirstBufferBytes = 4 * 1024;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private byte[] _buffer = new byte[FirstBufferBytes];
    private int _start;
    private int _end;

    /// <summary>Null = the peer has ended the stream in order.</summary>
    /// <exception cref="JsonException">A line is no message, or longer than <see cref="LongestLineBytes"/>.</exception>
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        int searched = 0;
        while (true)
        {
            int newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, searched + newline);
                T message = JsonSerializer.Deserialize(line, type) ?? throw new JsonException("A null message.");
                _start += line.Length + 1;
                return message;
            }

            searched = _end - _start;
            MakeRoom();
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return searched == 0 ? null : throw new JsonException("The stream ended within a message.");
            }

            _end += read;
        }
    }

    public async ValueTask WriteAsync(T message, CancellationToken cancellationToken)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        byte[] line = new byte[json.Length + 1];
        json.CopyTo(line, 0);
        line[^1] = (byte)'\n';
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await stream.WriteAsync(line, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();

    private void MakeRoom()
    {
        int length = _end - _start;
        if (length == _buffer.Length)
        {
            if (length >= LongestLineBytes)
            {
                throw new JsonException($"A message of more than {LongestLineBytes} bytes.");
            }

            Array.Resize(ref _buffer, length * 2);
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, length).CopyTo(_buffer);
            (_start, _end) = (0, length);
        }
    }
}
