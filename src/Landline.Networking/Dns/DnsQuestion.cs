using System.Diagnostics.CodeAnalysis;

namespace Landline.Networking.Dns;

/// <param name="Name">Lower case, no dot at the end; empty is the root.</param>
/// <param name="Class">1 = Internet.</param>
public sealed record DnsQuestion(string Name, DnsRecordType Type, ushort Class = 1)
{
    /// <summary>The first question of a message that may otherwise be malformed.</summary>
    public static bool TryReadFirst(ReadOnlySpan<byte> message, [NotNullWhen(true)] out DnsQuestion? question)
    {
        question = null;
        try
        {
            var reader = new DnsReader(message);
            if (reader.Header().Questions > 0)
            {
                question = reader.Question();
            }
        }
        catch (DnsFormatException)
        {
            return false;
        }

        return question is not null;
    }
}
