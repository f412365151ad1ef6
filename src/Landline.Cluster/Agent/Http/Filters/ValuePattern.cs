using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>What a value must look like: exactly so, begin so, or match a regular expression somewhere.</summary>
internal sealed class ValuePattern
{
    // Matching runs on the data path. NonBacktracking is linear in the value; a value of the longest head (64 KiB) takes
    // some milliseconds. The limit is for expressions of thousands of states. It is the clock's time and not the processor's:
    // on a node that is short of it the first match, whose code is still being compiled, has taken more than 100 ms.
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(2);

    private readonly byte[] _bytes;
    private readonly bool _isPrefix;
    private readonly Regex? _regex;

    private ValuePattern(byte[] bytes, bool isPrefix, Regex? regex)
    {
        _bytes = bytes;
        _isPrefix = isPrefix;
        _regex = regex;
    }

    public static ValuePattern Exactly(string value) => new(Encoding.UTF8.GetBytes(value), isPrefix: false, null);

    public static ValuePattern BeginningWith(string value) => new(Encoding.UTF8.GetBytes(value), isPrefix: true, null);

    /// <exception cref="ArgumentException">The expression has a mistake.</exception>
    /// <exception cref="NotSupportedException">The expression looks around or back, which takes unbounded time.</exception>
    public static ValuePattern Matching(string expression) => new(
        Encoding.UTF8.GetBytes(expression),
        isPrefix: false,
        new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, LongestMatch));

    public bool Matches(ReadOnlySpan<byte> value)
    {
        if (_regex is null)
        {
            return _isPrefix ? value.StartsWith(_bytes) : value.SequenceEqual(_bytes);
        }

        char[]? rented = null;
        Span<char> text = value.Length <= 256 ? stackalloc char[256] : (rented = ArrayPool<char>.Shared.Rent(value.Length));
        try
        {
            return _regex.IsMatch(text[..Encoding.UTF8.GetChars(value, text)]);
        }
        catch (RegexMatchTimeoutException)
        {
            // In doubt a request is not ours.
            return false;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }
    }

    /// <summary>False only when it is certain that no value fits both.</summary>
    public bool CanBothMatch(ValuePattern other)
    {
        if (_regex is not null)
        {
            return other._regex is not null || other._isPrefix || Matches(other._bytes);
        }

        if (other._regex is not null)
        {
            return other.CanBothMatch(this);
        }

        return (_isPrefix, other._isPrefix) switch
        {
            (false, false) => _bytes.AsSpan().SequenceEqual(other._bytes),
            (true, false) => other._bytes.AsSpan().StartsWith(_bytes),
            (false, true) => _bytes.AsSpan().StartsWith(other._bytes),
            (true, true) => _bytes.AsSpan().StartsWith(other._bytes) || other._bytes.AsSpan().StartsWith(_bytes),
        };
    }
}
