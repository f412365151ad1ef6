using System.Text;
using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>
/// The two changes that are ever made to a head. A request to upgrade to HTTP/2 loses it, as every proxy may ignore an
/// upgrade (RFC 9110, 7.8): on the upgraded connection requests could no longer be told apart from here, and the client
/// goes on with HTTP/1.1. And a request to a workstation gets the caller's address where the attachment asks for it.
/// </summary>
internal static class HeadEdits
{
    public static bool IsH2cUpgrade(ReadOnlySpan<FieldLine> fields, ReadOnlySpan<byte> head)
    {
        foreach (FieldLine field in fields)
        {
            if (field.NameLength == 7 && Ascii.EqualsIgnoreCase(field.Name(head), "upgrade"u8)
                && Ascii.EqualsIgnoreCase(field.Value(head), "h2c"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <param name="withoutUpgrade">The head's fields when Upgrade and HTTP2-Settings are to go; otherwise none.</param>
    /// <param name="source">The address to append; null for none.</param>
    public static byte[] Apply(ReadOnlySpan<byte> head, ReadOnlySpan<FieldLine> withoutUpgrade, string? source)
    {
        byte[] added = source is null ? [] : Encoding.ASCII.GetBytes($"X-Forwarded-For: {source}\r\n");
        byte[] result = new byte[head.Length + added.Length];
        int length = 0;
        int copied = 0;
        foreach (FieldLine field in withoutUpgrade)
        {
            ReadOnlySpan<byte> name = field.Name(head);
            if (Ascii.EqualsIgnoreCase(name, "upgrade"u8) || Ascii.EqualsIgnoreCase(name, "http2-settings"u8))
            {
                head[copied..field.NameStart].CopyTo(result.AsSpan(length));
                length += field.NameStart - copied;
                copied = field.NameStart + head[field.NameStart..].IndexOf("\r\n"u8) + 2;
            }
        }

        head[copied..^2].CopyTo(result.AsSpan(length));
        length += head.Length - 2 - copied;
        added.CopyTo(result.AsSpan(length));
        length += added.Length;
        "\r\n"u8.CopyTo(result.AsSpan(length));
        return result[..(length + 2)];
    }
}
