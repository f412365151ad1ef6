using System.CommandLine;
using System.CommandLine.Parsing;
using Landline.Cli.Environments;

namespace Landline.Cli.Commands;

/// <summary>The options that say where the container's environment goes.</summary>
internal sealed class EnvironmentOptions
{
    private readonly Option<string?> _file = new("--env-file", "-e")
    {
        Description = "Write the container's environment to this file; - is standard output", HelpName = "FILE",
    };

    private readonly Option<string?> _jsonFile = new("--env-json", "-j")
    {
        Description = "Write the container's environment to this file, as a JSON object; - is standard output", HelpName = "FILE",
    };

    private readonly Option<string> _syntax = new("--env-syntax")
    {
        Description = "For which program the file of -e is: docker, compose, sh, csh, ps or cmd, the latter four also with :export",
        HelpName = "SYNTAX",
        DefaultValueFactory = _ => "docker",
    };

    private readonly Option<string[]> _include = OptionShapes.List(
        "--env-include", "PATTERN", "Take these variables too, which are left out otherwise, such as PATH");
    private readonly Option<string[]> _exclude = OptionShapes.List(
        "--env-exclude", "PATTERN", "Leave these variables out; * and ? stand for any characters and any one");

    public void AddTo(Command command)
    {
        _syntax.CompletionSources.Add(static _ => EnvironmentSyntax.Spellings);
        command.Add(_file);
        command.Add(_jsonFile);
        command.Add(_syntax);
        command.Add(_include);
        command.Add(_exclude);
        command.Validators.Add(Validate);
    }

    public bool IsWanted(ParseResult parse) => parse.GetValue(_file) is not null || parse.GetValue(_jsonFile) is not null;

    /// <summary>Whether standard output belongs to the environment.</summary>
    public bool TakesOutput(ParseResult parse) =>
        new[] { parse.GetValue(_file), parse.GetValue(_jsonFile) }.Any(file => file is not null && PrivateFile.IsOutput(file));

    public EnvironmentSelection Selection(ParseResult parse) =>
        new(parse.GetValue(_include) ?? [], parse.GetValue(_exclude) ?? []);

    /// <summary>Both files, or none of them.</summary>
    /// <exception cref="Protocol.Errors.UserErrorException">A file cannot be written, or a value not in that syntax.</exception>
    public async Task WriteFilesAsync(
        ParseResult parse, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(_file) is { } file)
        {
            EnvironmentSyntax syntax = EnvironmentSyntax.TryParse(parse.GetValue(_syntax)!)!;
            await PrivateFile.WriteAsync(file, EnvironmentWriter.Write(variables, syntax), output, cancellationToken);
        }

        try
        {
            if (parse.GetValue(_jsonFile) is { } jsonFile)
            {
                await PrivateFile.WriteAsync(jsonFile, EnvironmentJson.Write(variables), output, cancellationToken);
            }
        }
        catch when (parse.GetValue(_file) is not null)
        {
            // Nobody is attached in the end, and the variables may hold secrets.
            PrivateFile.Remove(parse.GetValue(_file)!);
            throw;
        }
    }

    private void Validate(CommandResult result)
    {
        if (result.GetGiven(_syntax) is { } syntax && EnvironmentSyntax.TryParse(syntax) is null)
        {
            result.AddError($"--env-syntax: '{syntax}' is none of {string.Join(", ", EnvironmentSyntax.Spellings)}.");
        }
    }
}
