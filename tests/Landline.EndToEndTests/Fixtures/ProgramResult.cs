namespace Landline.EndToEndTests.Fixtures;

/// <summary>What a program said and how it ended.</summary>
internal sealed record ProgramResult(string CommandLine, int ExitCode, string Output, string Errors, TimeSpan Elapsed)
{
    /// <summary>The output without the last line's end, of a program that had to succeed.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"{CommandLine}\nended with {ExitCode} after {Elapsed.TotalSeconds:F1} s\n{Output}\n{Errors}");
        return Output.TrimEnd('\n');
    }

    /// <summary>The contract of every failure that the user can act on: one sentence, one hint, exit code 1.</summary>
    public (string Sentence, string Hint) FailedWithAdvice()
    {
        Assert.True(ExitCode == 1, $"{CommandLine}\nended with {ExitCode} and not with 1\n{Output}\n{Errors}");
        string[] lines = Errors.TrimEnd('\n').Split('\n');
        Assert.True(
            lines.Length >= 2 && lines.Count(line => line.StartsWith("error: ", StringComparison.Ordinal)) == 1
                && lines[^2].StartsWith("error: ", StringComparison.Ordinal) && lines[^1].StartsWith(" hint: ", StringComparison.Ordinal),
            $"{CommandLine}\nshould end with one sentence and one hint, but says\n{Errors}");
        return (lines[^2]["error: ".Length..], lines[^1][" hint: ".Length..]);
    }
}
