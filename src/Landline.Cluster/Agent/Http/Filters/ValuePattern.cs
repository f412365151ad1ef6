using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>What a value must look like: exactly so, begin so, or match a regular expression somewhere.</summary>
internal sealed class ValuePattern
{
    // Matching runs on the data path, where others' connections wait for it. NonBacktracking is linear in the value; a value
    // of the longest head (64 KiB) takes some milliseconds. The limit is for expressions of thousands of states.
    private static readonly TimeSpan LongestMatch = TimeSpan.FromMilliseconds(100);

    /// <summary>Tries: each ends with <see cref="LongestMatch"/>, and has compiled some of the code by then.</summary>
    private const int LongestWarmUp = 10;

    /// <summary>Something for every expression to begin with, and long enough that it has to be looked at.</summary>
    private static readonly string WarmUpText =
        string.Concat(Enumerable.Repeat(new string([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code)]), 4));

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
    public static ValuePattern Matching(string expression)
    {
        var regex = new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, LongestMatch);
        WarmUp(regex);
        return new ValuePattern(Encoding.UTF8.GetBytes(expression), isPrefix: false, regex);
    }

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
            // In doubt a request is not ours.
            return TryMatch(_regex, text[..Encoding.UTF8.GetChars(value, text)]) == true;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }
    }

    // The first match compiles code. The limit is the clock's time and not the processor's: on a node that is short of it
    // that alone has taken longer, and a request would have gone to the wrong side.
    private static void WarmUp(Regex regex)
    {
        for (int tries = 0; tries < LongestWarmUp && TryMatch(regex, WarmUpText) is null; tries++)
        {
        }
    }

    /// <summary>Null: it took too long.</summary>
    private static bool? TryMatch(Regex regex, ReadOnlySpan<char> text)
    {
        try
        {
            return regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
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
