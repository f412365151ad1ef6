using System.Diagnostics;
using System.Text;
using Landline.Cli.Environments;
using Landline.Protocol.Errors;
using Landline.TestSupport;

namespace Landline.Tests.Cli.Environments;

/// <summary>Values with what each syntax treats in a special way: exactly what is written, and what the shells at hand read.</summary>
public sealed class EnvironmentSyntaxTests
{
    private static readonly string[] OneLineValues =
    [
        "", " ", "plain", " leading and trailing ", "tab\there", "it's", "''", "'", "say \"x\"", "\"", "$HOME", "${HOME}", "$(id)", "`id`",
        "$$", "\\", "\\\\", "a\\", "\\n", "\\'", "\\\"", "\\$x", "!", "!!", "wow!x", "\\!", "100%", "%PATH%", "a=b", "=", "# no comment",
        "a;b&c|d>e<f", "*?[a-z]{b,c}~", "-n", "äöü€😀",
    ];

    private static readonly string[] PlacesOfTcsh = ["/bin/tcsh", "/usr/bin/tcsh", "/bin/csh", "/usr/bin/csh"];

    private static readonly string[] ValuesOfSeveralLines =
    [
        "\n", "one\ntwo", "one\n\ntwo\n", "\none", "it's\n$HOME \"x\"\\\n!", "one\\\ntwo", "\\!\n!\\", "one\r\ntwo", "\r",
    ];

    public static TheoryData<string> OneLine => [.. OneLineValues];

    public static TheoryData<string> Any => [.. OneLineValues, .. ValuesOfSeveralLines];

    [Theory]
    [MemberData(nameof(OneLine))]
    public void Docker_takes_everything_behind_the_first_equals_sign(string value) =>
        Assert.Equal($"A={value}\n", Write("docker", value));

    [Theory]
    [InlineData("", "''")]
    [InlineData(" x ", "' x '")]
    [InlineData("$HOME ${HOME}", "'$HOME ${HOME}'")]
    [InlineData("say \"x\"", "'say \"x\"'")]
    [InlineData("a=b # c", "'a=b # c'")]
    [InlineData("100%!", "'100%!'")]
    [InlineData("it's", "\"it's\"")]
    [InlineData("it's \"x\"", "\"it's \\\"x\\\"\"")]
    [InlineData("it's $HOME", "\"it's \\$HOME\"")]
    [InlineData("C:\\new", "\"C:\\\\new\"")]
    [InlineData("\\$x", "\"\\\\\\$x\"")]
    [InlineData("one\ntwo", "\"one\\ntwo\"")]
    [InlineData("one\r\ntwo $x", "\"one\\r\\ntwo \\$x\"")]
    public void Compose_is_given_single_quotes_unless_the_value_needs_backslashes(string value, string expected) =>
        Assert.Equal($"A={expected}\n", Write("compose", value));

    [Theory]
    [MemberData(nameof(Any))]
    public void Compose_reads_back_the_value(string value) => Assert.Equal(value, ReadCompose(Write("compose", value)));

    [Theory]
    [MemberData(nameof(Any))]
    public async Task A_shell_reads_back_the_value_whether_it_is_exported_or_not(string value)
    {
        Assert.Equal(value, await RunAsync("sh", ["-s"], Write("sh", value) + "printf '%s.' \"$A\"\n"));
        Assert.Equal(value, await RunAsync("sh", ["-s"], Write("sh:export", value) + "sh -c 'printf %s. \"$A\"'\n"));
    }

    [Fact]
    public async Task Only_an_exported_variable_reaches_the_programs_that_a_shell_starts()
    {
        const string Child = "sh -c 'printf %s. \"${A-unset}\"'\n";

        Assert.Equal("unset", await RunAsync("sh", ["-s"], Write("sh", "x") + Child));
        Assert.Equal("x", await RunAsync("sh", ["-s"], Write("sh:export", "x") + Child));
    }

    [Theory]
    [InlineData("", "''")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("$HOME `id`", "'$HOME `id`'")]
    [InlineData("\\", "'\\'")]
    [InlineData("wow!", "'wow\\!'")]
    [InlineData("\\!", "'\\\\!'")]
    [InlineData("one\ntwo", "'one\\\ntwo'")]
    public void Csh_is_given_a_backslash_before_what_it_replaces_between_quotes_too(string value, string expected)
    {
        Assert.Equal($"set A={expected}\n", Write("csh", value));
        Assert.Equal($"setenv A {expected}\n", Write("csh:export", value));
    }

    [Fact]
    public async Task Tcsh_reads_back_any_exported_value()
    {
        string? tcsh = PlacesOfTcsh.FirstOrDefault(File.Exists);
        Assert.SkipWhen(tcsh is null, "This machine has no csh.");
        string file = Path.GetTempFileName();
        foreach (string value in (string[])[.. OneLineValues, .. ValuesOfSeveralLines])
        {
            await File.WriteAllTextAsync(file, Write("csh:export", value), TestContext.Current.CancellationToken);

            Assert.Equal(value, await RunAsync(tcsh!, ["-f", "-c", $"source {file}; exec sh -c 'printf %s. \"$A\"'"], ""));
        }

        File.Delete(file);
    }

    [Theory]
    [InlineData("", "''")]
    [InlineData("it's", "'it''s'")]
    [InlineData("it\u2019s \u2018x\u2019", "'it\u2019\u2019s \u2018\u2018x\u2019\u2019'")]
    [InlineData("\u201Ax\u201B", "'\u201A\u201Ax\u201B\u201B'")]
    [InlineData("$HOME $(id) `n \"x\"\\", "'$HOME $(id) `n \"x\"\\'")]
    [InlineData("100%!=", "'100%!='")]
    [InlineData("one\ntwo", "'one\ntwo'")]
    public void PowerShell_is_given_the_value_as_it_is_with_its_single_quotes_doubled(string value, string expected)
    {
        Assert.Equal($"$A={expected}\n", Write("ps", value));
        Assert.Equal($"$Env:A={expected}\n", Write("ps:export", value));
    }

    [Theory]
    [InlineData(" x ", " x ")]
    [InlineData("it's $HOME\\", "it's $HOME\\")]
    [InlineData("a=b&c|d>e<f^", "a=b&c|d>e<f^")]
    [InlineData("wow!", "wow!")]
    [InlineData("100% %PATH%", "100%% %%PATH%%")]
    public void Cmd_is_given_the_assignment_in_quotes_with_its_percent_signs_doubled(string value, string expected)
    {
        Assert.Equal($"set \"A={expected}\"\r\n", Write("cmd", value));
        Assert.Equal($"set \"A={expected}\"\r\n", Write("cmd:export", value));
    }

    [Theory]
    [InlineData("docker", "one\ntwo")]
    [InlineData("docker", "one\rtwo")]
    [InlineData("docker", "one\n")]
    [InlineData("cmd", "one\ntwo")]
    [InlineData("cmd", "one\rtwo")]
    [InlineData("cmd", "one\n")]
    public void A_value_of_several_lines_is_refused_by_name_and_never_shown(string syntax, string value)
    {
        UserErrorException error = Assert.Throws<UserErrorException>(
            () => EnvironmentWriter.Write([new("MOTTO", value)], EnvironmentSyntax.TryParse(syntax)!));

        Assert.Contains("MOTTO", error.Message, StringComparison.Ordinal);
        Assert.Contains(syntax, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("one", error.Message + error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_written_when_one_value_of_many_cannot_be() => Assert.Throws<UserErrorException>(
        () => EnvironmentWriter.Write([new("A", "fine"), new("B", "one\ntwo"), new("C", "fine")], EnvironmentSyntax.TryParse("docker")!));

    [Theory]
    [InlineData("docker", "A=1\nB=2\n")]
    [InlineData("compose", "A='1'\nB='2'\n")]
    [InlineData("sh", "A='1'\nB='2'\n")]
    [InlineData("sh:export", "export A='1'\nexport B='2'\n")]
    [InlineData("csh", "set A='1'\nset B='2'\n")]
    [InlineData("csh:export", "setenv A '1'\nsetenv B '2'\n")]
    [InlineData("ps", "$A='1'\n$B='2'\n")]
    [InlineData("ps:export", "$Env:A='1'\n$Env:B='2'\n")]
    [InlineData("cmd", "set \"A=1\"\r\nset \"B=2\"\r\n")]
    public void Variables_stand_in_order_one_after_the_other(string syntax, string expected) =>
        Assert.Equal(expected, EnvironmentWriter.Write([new("B", "2"), new("A", "1")], EnvironmentSyntax.TryParse(syntax)!));

    private static string Write(string syntax, string value) =>
        EnvironmentWriter.Write([new("A", value)], EnvironmentSyntax.TryParse(syntax)!);

    /// <summary>As Compose reads an env file: nothing is replaced between single quotes; between double quotes backslash sequences are.</summary>
    private static string ReadCompose(string text)
    {
        Assert.StartsWith("A=", text, StringComparison.Ordinal);
        char quote = text[2];
        string body = text[3..^2];
        Assert.Equal($"{quote}\n", text[^2..]);
        if (quote == '\'')
        {
            Assert.DoesNotContain('\'', body);
            return body;
        }

        Assert.Equal('"', quote);
        var value = new StringBuilder();
        for (int i = 0; i < body.Length; i++)
        {
            Assert.DoesNotContain(body[i], "\"$\n");
            value.Append(body[i] != '\\' ? body[i] : body[++i] switch
            {
                'n' => '\n',
                'r' => '\r',
                '\\' or '"' or '$' => body[i],
                _ => throw new FormatException($"Compose knows no \\{body[i]}."),
            });
        }

        return value.ToString();
    }

    /// <summary>What the shell prints, without the full stop that ends it.</summary>
    private static async Task<string> RunAsync(string shell, string[] arguments, string input)
    {
        var start = new ProcessStartInfo(shell, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync(Deadline.Token);
        Assert.EndsWith(".", output, StringComparison.Ordinal);
        return output[..^1];
    }
}
