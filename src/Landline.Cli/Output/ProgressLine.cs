namespace Landline.Cli.Output;

/// <summary>
/// One line on the terminal that says what is going on and then disappears. Where there is no terminal, a line of its
/// own for each.
/// </summary>
internal sealed class ProgressLine(TextWriter output) : IProgress<string>, IDisposable
{
    private const string EraseLine = "\r\u001b[K";
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private bool _shown;

    public void Report(string value)
    {
        output.Write(_terminal ? $"{EraseLine}{value}..." : $"{value}\n");
        output.Flush();
        _shown = _terminal;
    }

    /// <summary>Somebody else's words to the user, as they are; they stay.</summary>
    public void Say(string text)
    {
        Clear();
        output.Write(text);
        output.Flush();
    }

    public void Clear()
    {
        if (_shown)
        {
            output.Write(EraseLine);
            output.Flush();
            _shown = false;
        }
    }

    public void Dispose() => Clear();
}
