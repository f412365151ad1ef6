using System.Buffers.Binary;
using System.Text;
using Landline.Cluster.Agent.Http.Hpack;
using Landline.Cluster.Agent.Http.Http2;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>HTTP/2 by hand, one char for a byte.</summary>
internal static class WrittenFrames
{
    public const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    /// <summary>A client's, with settings that say nothing.</summary>
    public static readonly string Hello = Preface + Frame(4, 0, 0, "");

    public static string Frame(int kind, int flags, int stream, string payload)
    {
        byte[] header = new byte[9];
        new Http2FrameHeader(payload.Length, (Http2FrameKind)kind, (Http2Flags)flags, stream).Write(header);
        return Encoding.Latin1.GetString(header) + payload;
    }

    public static string Block(params (string Name, string Value)[] fields)
    {
        var output = new OutputBuffer();
        foreach ((string name, string value) in fields)
        {
            HpackEncoder.Encode(Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value), output);
        }

        return Encoding.Latin1.GetString(output.Take());
    }

    public static List<(int Kind, int Flags, int Stream, string Payload)> Frames(string bytes)
    {
        byte[] rest = Encoding.Latin1.GetBytes(bytes);
        var frames = new List<(int, int, int, string)>();
        while (rest.Length >= 9)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(rest) >>> 8;
            if (rest.Length < 9 + length)
            {
                break;
            }

            frames.Add((rest[3], rest[4], BinaryPrimitives.ReadInt32BigEndian(rest.AsSpan(5)), Encoding.Latin1.GetString(rest, 9, length)));
            rest = rest[(9 + length)..];
        }

        return frames;
    }
}
