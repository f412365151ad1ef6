using System.CommandLine;
using System.Globalization;

namespace Landline.Cli.Commands;

/// <summary><c>landline completion SHELL</c>: a script that asks this program for what fits.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    // What is found may be anybody's words, such as a context's name in a kubeconfig: it is never expanded, as compgen -W does with its list,
    // and goes onto the line quoted.
    private const string Bash = """
        # landline completion for bash: source <(landline completion bash)
        _landline() {
          local word="${COMP_WORDS[COMP_CWORD]}" found quoted
          COMPREPLY=()
          while IFS= read -r found; do
            printf -v quoted %q "$found"
            if [[ "$found" == "$word"* || "$quoted" == "$word"* ]]; then
              COMPREPLY+=("$quoted")
            fi
          done < <(landline "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
        }
        complete -o default -F _landline landline
        """;

    private const string Zsh = """
        #compdef landline
        # landline completion for zsh: source <(landline completion zsh)
        _landline() {
          local -a found
          found=(${(f)"$(landline "[suggest:${CURSOR}]" "$BUFFER" 2>/dev/null)"})
          (( ${#found} )) && compadd -- $found || _files
        }
        compdef _landline landline
        """;

    private const string Fish = """
        # landline completion for fish: landline completion fish | source
        function __landline_complete
          set -l line (commandline -cp)
          set -l found (landline "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null | string match -r '.+')
          if set -q found[1]
            printf '%s\n' $found
          else
            __fish_complete_path (commandline -ct)
          end
        end
        complete -c landline -f -a '(__landline_complete)'
        """;

    // PowerShell counts the cursor's position from the beginning of the input, in which other commands may come first, and gives the
    // command's text without the blank behind its last word, which tells that a word is complete. It takes what is found onto the line as it is.
    private const string PowerShell = """
        # landline completion for PowerShell: landline completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName landline -ScriptBlock {
          param($wordToComplete, $commandAst, $cursorPosition)
          $end = $cursorPosition - $commandAst.Extent.StartOffset
          $line = "$commandAst".PadRight($end)
          landline "[suggest:$end]" "$line" 2>$null |
            Where-Object { $_ -like "$wordToComplete*" } |
            ForEach-Object {
              $text = if ($_ -match '^[\w./:-][\w./:=@+-]*$') { $_ } else { "'" + ($_ -replace "['\u2018-\u201b]", '$0$0') + "'" }
              [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
            }
        }
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or pwsh" };
        shell.CompletionSources.Add(Shells);
        shell.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } name }] && !Shells.Contains(name))
            {
                result.AddError($"There is no completion for '{name}', but for {string.Join(", ", Shells)}.");
            }
        });
        var command = new Command("completion", "Print a shell's completion script") { shell };
        command.SetAction(parse => parse.InvocationConfiguration.Output.WriteLine(Script(parse.GetValue(shell)!)));
        return command;
    }

    /// <summary>Whether a shell asks what fits into the command after <c>--</c>.</summary>
    /// <param name="arguments">As the scripts above give them: <c>[suggest:POSITION] LINE</c>.</param>
    public static bool AsksBehindDashes(IReadOnlyList<string> arguments) =>
        arguments is [['[', 's', 'u', 'g', 'g', 'e', 's', 't', ':', .. var position, ']'], var line]
        && int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out int end)
        && line[..Math.Min(end, line.Length)].Contains(" -- ", StringComparison.Ordinal);

    private static string Script(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => PowerShell,
    };
}
