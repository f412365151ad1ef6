using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Capture;

/// <summary>What a caller says first, as far as it tells whether the kubelet probes.</summary>
internal enum FirstWords
{
    /// <summary>It ended without a byte: a TCP probe, answered by having been accepted.</summary>
    None,

    /// <summary>The kubelet's HTTP, HTTPS or gRPC probe.</summary>
    Probe,

    /// <summary>A request, or a caller that waits for the server to speak.</summary>
    Other,
}

/// <summary>Looks at a connection's first bytes without taking them.</summary>
internal static class FirstWordsReader
{
    /// <summary>A probe's request fits into its first segment.</summary>
    private const int LookAtBytes = 2048;

    /// <summary>Probes speak at once; who is silent for so long waits for the server.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    /// <param name="probes">Those in which the kubelet does not call itself by its own name.</param>
    public static async Task<FirstWords> ReadAsync(
        Socket caller, IReadOnlyList<NamedProbe> probes, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LookAtBytes);
        using var silence = new CancellationTokenSource(Silence, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            int read = await caller.ReceiveAsync(buffer.AsMemory(0, LookAtBytes), SocketFlags.Peek, either.Token);
            return read == 0 ? FirstWords.None : IsProbe(buffer.AsSpan(0, read), probes) ? FirstWords.Probe : FirstWords.Other;
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return FirstWords.Other;
        }
        catch (SocketException)
        {
            return FirstWords.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal static bool IsProbe(ReadOnlySpan<byte> first, IReadOnlyList<NamedProbe> probes) =>
        IsHttpProbe(first, probes) || first.StartsWith("PRI * HTTP/2.0"u8) || IsTlsWithoutServerName(first);

    // The kubelet says who it is in every HTTP probe and hook (pkg/probe/http, pkg/kubelet/lifecycle), unless the pod's
    // owner has given it another name. Such a name may be a browser's: then the path has to be the probe's, too.
    private static bool IsHttpProbe(ReadOnlySpan<byte> first, IReadOnlyList<NamedProbe> probes)
    {
        ReadOnlySpan<byte> target = default;
        bool isFirstLine = true;
        foreach (Range range in first.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = first[range].TrimEnd((byte)'\r');
            if (isFirstLine)
            {
                isFirstLine = false;
                int end = line.LastIndexOf(" HTTP/1."u8);
                if (!line.StartsWith("GET /"u8) || end < "GET /".Length)
                {
                    return false;
                }

                target = line["GET ".Length..end];
            }
            else if (line.IsEmpty)
            {
                // The end of the head, not of what was looked at.
                return range.End.Value < first.Length && IsOneOf(probes, target, userAgent: default);
            }
            else if (line.IndexOf((byte)':') is var colon and > 0 && Ascii.EqualsIgnoreCase(line[..colon], "user-agent"u8))
            {
                ReadOnlySpan<byte> agent = line[(colon + 1)..].Trim((byte)' ');
                return agent.StartsWith("kube-probe/"u8) || agent.StartsWith("kube-lifecycle/"u8) || IsOneOf(probes, target, agent);
            }
        }

        return false;
    }

    private static bool IsOneOf(IReadOnlyList<NamedProbe> probes, ReadOnlySpan<byte> target, ReadOnlySpan<byte> userAgent)
    {
        foreach (NamedProbe probe in probes)
        {
            if (Ascii.Equals(target, probe.Path) && Ascii.Equals(userAgent, probe.UserAgent))
            {
                return true;
            }
        }

        return false;
    }

    // A probe dials the pod's address, and a name that is an address is not sent (RFC 6066, 3).
    private static bool IsTlsWithoutServerName(ReadOnlySpan<byte> first)
    {
        // Record header (5), handshake header (4), version (2), random (32): RFC 8446, 4.1.2 and 5.1.
        if (first.Length < 44 || first[0] != 22 || first[1] != 3 || first[5] != 1)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = first[43..];
        if (!TrySkip(ref rest, 1) || !TrySkip(ref rest, 2) || !TrySkip(ref rest, 1) || rest.Length < 2)
        {
            return false;
        }

        int declared = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[2..];
        if (rest.Length < declared)
        {
            return false; // The hello is longer than what was looked at: in doubt a request.
        }

        rest = rest[..declared];
        while (rest.Length >= 4)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (type == 0)
            {
                return false;
            }

            rest = rest[2..];
            if (!TrySkip(ref rest, 2))
            {
                return false;
            }
        }

        return rest.IsEmpty;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> bytes, int lengthBytes)
    {
        if (bytes.Length < lengthBytes)
        {
            return false;
        }

        int length = lengthBytes == 1 ? bytes[0] : BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes.Length < lengthBytes + length)
        {
            return false;
        }

        bytes = bytes[(lengthBytes + length)..];
        return true;
    }
}
