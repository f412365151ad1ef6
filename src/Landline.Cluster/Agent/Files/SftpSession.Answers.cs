using System.Buffers.Binary;
using System.Text;
using Landline.Networking.Files;

namespace Landline.Cluster.Agent.Files;

/// <content>Handles and answers.</content>
internal sealed partial class SftpSession
{
    private static SftpStatusCode CodeOf(FileError error) => error.Number switch
    {
        FileError.NoSuchFile => SftpStatusCode.NoSuchFile,
        FileError.PermissionDenied or FileError.OperationNotPermitted => SftpStatusCode.PermissionDenied,
        FileError.ReadOnlyFileSystem => SftpStatusCode.PermissionDenied,
        FileError.NotSupported => SftpStatusCode.Unsupported,
        _ => SftpStatusCode.Failure,
    };

    private static long ToOffset(ulong value) =>
        value <= long.MaxValue ? (long)value : throw new FileError(FileError.InvalidArgument);

    private static uint ReadHandle(ref SftpReader request)
    {
        ReadOnlySpan<byte> handle = request.ReadBytes();
        return handle.Length == sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(handle) : uint.MaxValue;
    }

    private ContainerFile FileOf(ref SftpReader request) =>
        _handles.TryGetValue(ReadHandle(ref request), out IDisposable? handle) && handle is ContainerFile file
            ? file
            : throw new FileError(FileError.InvalidArgument);

    private void AnswerHandle(uint id, IDisposable opened)
    {
        if (_handles.Count >= SftpLimits.OpenHandles)
        {
            opened.Dispose();
            AnswerStatus(id, SftpStatusCode.Failure, $"More than {SftpLimits.OpenHandles} files are open.");
            return;
        }

        while (!_handles.TryAdd(++_nextHandle & 0x7FFFFFFF, opened))
        {
        }

        Span<byte> handle = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(handle, _nextHandle & 0x7FFFFFFF);
        _answer.Begin(SftpPacketType.HandleAnswer, id);
        _answer.WriteBytes(handle);
    }

    private void AnswerStatus(uint id, SftpStatusCode code, string message)
    {
        _answer.Begin(SftpPacketType.StatusAnswer, id);
        _answer.WriteUInt32((uint)code);
        _answer.WriteBytes(Encoding.UTF8.GetBytes(message));
        _answer.WriteBytes("en"u8);
    }

    private void AnswerAttributes(uint id, FileStatus status)
    {
        _answer.Begin(SftpPacketType.AttributesAnswer, id);
        _answer.WriteAttributes(SftpPath.AttributesOf(status));
    }

    private void AnswerName(uint id, ReadOnlySpan<byte> name)
    {
        _answer.Begin(SftpPacketType.NameAnswer, id);
        _answer.WriteUInt32(1);
        _answer.WriteBytes(name);
        _answer.WriteBytes(name);
        _answer.WriteAttributes(default);
    }

    private void AnswerFileSystem(uint id, ulong[] numbers)
    {
        _answer.Begin(SftpPacketType.ExtendedAnswer, id);
        foreach (ulong number in numbers)
        {
            _answer.WriteUInt64(number);
        }
    }
}
