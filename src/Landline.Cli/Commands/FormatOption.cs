using System.CommandLine;
using Landline.Cli.Output;

namespace Landline.Cli.Commands;

/// <summary><c>--format</c>, on every command that prints facts.</summary>
internal static class FormatOption
{
    public static Option<OutputFormat> Create()
    {
        var option = new Option<OutputFormat>("--format")
        {
            Description = "How to print: text, json or yaml",
            HelpName = "text|json|yaml",
            CustomParser = result => result.Tokens[0].Value switch
            {
                "text" => OutputFormat.Text,
                "json" => OutputFormat.Json,
                "yaml" => OutputFormat.Yaml,
                string other => Refuse(result, other),
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add("text", "json", "yaml");
        return option;
    }

    private static OutputFormat Refuse(System.CommandLine.Parsing.ArgumentResult result, string value)
    {
        result.AddError($"'{value}' is no format; there are text, json and yaml.");
        return OutputFormat.Text;
    }
}
