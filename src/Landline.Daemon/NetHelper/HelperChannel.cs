using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Landline.Networking.FileDescriptors;
using Landline.Networking.Interop;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// Records over the Unix socket between daemon and net helper: <c>u32 BE length | JSON</c>, descriptors with the
/// first byte. One reader; several may write. Anything malformed is an <see cref="InvalidDataException"/> and ends it.
/// </summary>
internal sealed class HelperChannel(Socket socket) : IDisposable
{
    /// <summary>2,048 routes of at most 50 characters, twice over.</summary>
    public const int LargestRecordBytes = 256 * 1024;

    // Far more than one answer carries; a peer that sends more without a record is closed.
    private const int MostPendingDescriptors = 16;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly List<FileDescriptor> _descriptors = [];
    private readonly byte[] _buffer = new byte[LargestRecordBytes + sizeof(uint)];
    private int _filled;

    public async Task WriteAsync<T>(
        T record, JsonTypeInfo<T> type, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(record, type);
        if (json.Length > LargestRecordBytes)
        {
            throw new InvalidDataException($"A record of {json.Length} bytes is larger than {LargestRecordBytes}.");
        }

        byte[] framed = new byte[sizeof(uint) + json.Length];
        BinaryPrimitives.WriteUInt32BigEndian(framed, (uint)json.Length);
        json.CopyTo(framed, sizeof(uint));
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await DescriptorPassing.SendAsync(socket, framed, descriptors, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The next record, or null at an orderly end.</summary>
    /// <exception cref="InvalidDataException">Not a record of this protocol, or an end in mid-record.</exception>
    public async Task<T?> ReadAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (!await FillAsync(sizeof(uint), cancellationToken))
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(_buffer);
        if (length is 0 or > LargestRecordBytes)
        {
            throw new InvalidDataException($"A record of {length} bytes was announced.");
        }

        int end = sizeof(uint) + (int)length;
        await FillAsync(end, cancellationToken);
        T record = Parse(_buffer.AsSpan(sizeof(uint)..end), type);
        _buffer.AsSpan(end.._filled).CopyTo(_buffer);
        _filled -= end;
        return record;
    }

    /// <summary>
    /// All descriptors that have come; they are the caller's now. Those of a record are there when it has been read, but
    /// those of the next one may be, too: the kernel joins what is sent in succession. So only one record at a time may
    /// have any.
    /// </summary>
    public IReadOnlyList<FileDescriptor> TakeDescriptors()
    {
        FileDescriptor[] taken = [.. _descriptors];
        _descriptors.Clear();
        return taken;
    }

    public void Dispose()
    {
        socket.Dispose();
        _writing.Dispose();
        _descriptors.ForEach(descriptor => descriptor.Dispose());
    }

    private static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new InvalidDataException("A record was null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"A record was malformed: {e.Message}", e);
        }
    }

    private async Task<bool> FillAsync(int bytes, CancellationToken cancellationToken)
    {
        while (_filled < bytes)
        {
            int received = await DescriptorPassing.ReceiveAsync(
                socket, _buffer.AsMemory(_filled), _descriptors, cancellationToken);
            if (_descriptors.Count > MostPendingDescriptors)
            {
                throw new InvalidDataException("Too many descriptors came with a record.");
            }

            if (received == 0)
            {
                return _filled == 0 ? false : throw new InvalidDataException("The peer closed in mid-record.");
            }

            _filled += received;
        }

        return true;
    }
}
