using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>The head of an HTTP/1 request: <c>METHOD SP target SP HTTP/1.x CRLF</c> and fields.</summary>
internal sealed class RequestHead : MessageHead
{
    /// <summary>The longest registered method has 17 letters (UPDATEREDIRECTREF).</summary>
    private const int LongestMethod = 32;

    private int _methodStart;
    private int _methodLength;
    private int _targetLength;

    public bool IsConnect { get; private set; }

    public bool IsHead { get; private set; }

    /// <summary>May be sent again when nothing of a response came (RFC 9110, 9.2.2).</summary>
    public bool IsIdempotent { get; private set; }

    public bool HasBody => IsChunked || ContentLength > 0;

    /// <summary>Some clients end a body with an empty line that is not part of it.</summary>
    protected override int MostEmptyLines => 4;

    public ReadOnlySpan<byte> Method(ReadOnlySpan<byte> head) => head.Slice(_methodStart, _methodLength);

    public ReadOnlySpan<byte> Target(ReadOnlySpan<byte> head) => head.Slice(_methodStart + _methodLength + 1, _targetLength);

    public RequestView View(ReadOnlySpan<byte> head) => new(Method(head), Target(head), head, Fields);

    protected override bool ParseStartLine(ReadOnlySpan<byte> line, int offset)
    {
        int space = line.IndexOf((byte)' ');
        if (space is <= 0 or > LongestMethod || line.Length < space + 11 || !IsToken(line[..space]))
        {
            return false;
        }

        ReadOnlySpan<byte> version = line[^9..];
        ReadOnlySpan<byte> target = line[(space + 1)..^9];
        if (!version[..8].SequenceEqual(" HTTP/1."u8) || version[8] is not ((byte)'0' or (byte)'1') || target.ContainsAnyInRange((byte)0, (byte)' '))
        {
            return false;
        }

        IsVersion11 = version[8] == (byte)'1';
        _methodStart = offset;
        _methodLength = space;
        _targetLength = target.Length;
        ReadOnlySpan<byte> method = line[..space];
        IsConnect = method.SequenceEqual("CONNECT"u8);
        IsHead = method.SequenceEqual("HEAD"u8);
        IsIdempotent = IsHead || method.SequenceEqual("GET"u8) || method.SequenceEqual("PUT"u8)
            || method.SequenceEqual("DELETE"u8) || method.SequenceEqual("OPTIONS"u8) || method.SequenceEqual("TRACE"u8);
        return true;
    }

    protected override bool CouldBecomeStartLine(ReadOnlySpan<byte> beginning)
    {
        int space = beginning.IndexOf((byte)' ');
        ReadOnlySpan<byte> method = space < 0 ? beginning : beginning[..space];
        return method.Length <= LongestMethod && IsToken(method);
    }
}
