using System.Text;
using Landline.Networking.Files;

namespace Landline.Cluster.Agent.Files;

/// <summary>
/// What one file session holds: its open handles and the answer being built. Not thread-safe: packets are answered one
/// after the other. A failed request is answered with a status; only a malformed packet throws.
/// </summary>
internal sealed partial class SftpSession(ContainerRoot root, bool readOnly) : IDisposable
{
    private const uint ProtocolVersion = 3;

    private readonly SftpWriter _answer = new();
    private readonly Dictionary<uint, IDisposable> _handles = [];
    private uint _nextHandle;
    private bool _greeted;

    /// <param name="packet">A request without its length field.</param>
    /// <returns>The whole answer. It is this object's buffer, valid until the next call.</returns>
    /// <exception cref="SftpProtocolException">The packet breaks the protocol.</exception>
    public ReadOnlyMemory<byte> Answer(ReadOnlySpan<byte> packet)
    {
        var request = new SftpReader(packet);
        var type = (SftpPacketType)request.ReadByte();
        if (!_greeted)
        {
            Greet(type, ref request);
            return _answer.Packet;
        }

        uint id = request.ReadUInt32();
        try
        {
            Handle(type, id, ref request);
        }
        catch (FileError e)
        {
            AnswerStatus(id, CodeOf(e), e.Message);
        }

        return _answer.Packet;
    }

    public void Dispose()
    {
        foreach (IDisposable handle in _handles.Values)
        {
            handle.Dispose();
        }
    }

    private void Greet(SftpPacketType type, ref SftpReader request)
    {
        if (type != SftpPacketType.Init || request.ReadUInt32() < ProtocolVersion)
        {
            throw new SftpProtocolException("The session does not begin with INIT of version 3 or later.");
        }

        _greeted = true;
        _answer.Begin(SftpPacketType.Version);
        _answer.WriteUInt32(ProtocolVersion);
        foreach ((string name, string version) in Extensions)
        {
            _answer.WriteBytes(Encoding.ASCII.GetBytes(name));
            _answer.WriteBytes(Encoding.ASCII.GetBytes(version));
        }
    }

    private void Handle(SftpPacketType type, uint id, ref SftpReader request)
    {
        switch (type)
        {
            case SftpPacketType.Open: Open(id, ref request); break;
            case SftpPacketType.Close: Close(id, ref request); break;
            case SftpPacketType.Read: Read(id, ref request); break;
            case SftpPacketType.Write: Write(id, ref request); break;
            case SftpPacketType.Status: AnswerAttributes(id, root.GetStatus(request.ReadPath(), followLink: true)); break;
            case SftpPacketType.LinkStatus: AnswerAttributes(id, root.GetStatus(request.ReadPath(), followLink: false)); break;
            case SftpPacketType.HandleStatus: AnswerAttributes(id, FileOf(ref request).GetStatus()); break;
            case SftpPacketType.OpenDirectory: AnswerHandle(id, root.OpenDirectory(request.ReadPath())); break;
            case SftpPacketType.ReadDirectory: ReadDirectory(id, ref request); break;
            case SftpPacketType.RealPath: AnswerName(id, SftpPath.Normalize(request.ReadPath())); break;
            case SftpPacketType.ReadLink: AnswerName(id, root.ReadLink(request.ReadPath())); break;
            case SftpPacketType.Extended: Extend(id, ref request); break;
            default: Change(type, id, ref request); break;
        }
    }

    private void Open(uint id, ref SftpReader request)
    {
        byte[] path = request.ReadPath();
        FileUse use = SftpPath.UseOf(request.ReadUInt32());
        SftpAttributes attributes = request.ReadAttributes();
        if ((use & ~FileUse.Read) != 0)
        {
            RefuseWhenReadOnly();
        }

        uint mode = attributes.Flags.HasFlag(SftpAttributeFlags.Permissions) ? attributes.Mode : 0x1B4; // 0664
        AnswerHandle(id, root.OpenFile(path, use, mode));
    }

    private void Close(uint id, ref SftpReader request)
    {
        if (_handles.Remove(ReadHandle(ref request), out IDisposable? handle))
        {
            handle.Dispose();
            AnswerStatus(id, SftpStatusCode.Ok, "");
        }
        else
        {
            AnswerStatus(id, SftpStatusCode.Failure, "The handle is not open.");
        }
    }

    private void Read(uint id, ref SftpReader request)
    {
        ContainerFile file = FileOf(ref request);
        long offset = ToOffset(request.ReadUInt64());
        int wanted = (int)Math.Min(request.ReadUInt32(), SftpLimits.LargestReadBytes);
        _answer.Begin(SftpPacketType.DataAnswer, id);
        int read = file.Read(_answer.BeginData(wanted), offset);
        if (read == 0 && wanted > 0)
        {
            AnswerStatus(id, SftpStatusCode.EndOfFile, "");
            return;
        }

        _answer.EndData(wanted, read);
    }

    private void Write(uint id, ref SftpReader request)
    {
        ContainerFile file = FileOf(ref request);
        long offset = ToOffset(request.ReadUInt64());
        RefuseWhenReadOnly();
        file.Write(request.ReadBytes(), offset);
        AnswerStatus(id, SftpStatusCode.Ok, "");
    }

    private void ReadDirectory(uint id, ref SftpReader request)
    {
        if (!_handles.TryGetValue(ReadHandle(ref request), out IDisposable? handle) || handle is not ContainerDirectory directory)
        {
            throw new FileError(FileError.InvalidArgument);
        }

        var names = new List<(byte[] Name, FileStatus Status)>(SftpLimits.NamesPerAnswer);
        while (names.Count < SftpLimits.NamesPerAnswer && directory.ReadName(out FileStatus status) is { } name)
        {
            names.Add((name, status));
        }

        if (names.Count == 0)
        {
            AnswerStatus(id, SftpStatusCode.EndOfFile, "");
            return;
        }

        _answer.Begin(SftpPacketType.NameAnswer, id);
        _answer.WriteUInt32((uint)names.Count);
        foreach ((byte[] name, FileStatus status) in names)
        {
            _answer.WriteBytes(name);
            _answer.WriteBytes(name); // The long form is for people's eyes; sshfs ignores it.
            _answer.WriteAttributes(SftpPath.AttributesOf(status));
        }
    }

    private void RefuseWhenReadOnly()
    {
        if (readOnly)
        {
            throw new FileError(FileError.ReadOnlyFileSystem);
        }
    }
}
