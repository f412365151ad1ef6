using System.CommandLine;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>--when-unavailable</c>.</summary>
internal static class WhenUnavailableOption
{
    public static Option<WhenUnavailable> Create()
    {
        var option = new Option<WhenUnavailable>("--when-unavailable")
        {
            Description = "What callers get when nothing listens here: fallback (the original answers) or refuse; fallback if not given",
            HelpName = "fallback|refuse",
            CustomParser = result => result.Tokens[0].Value switch
            {
                "fallback" => WhenUnavailable.Fallback,
                "refuse" => WhenUnavailable.Refuse,
                string other => Refuse(result, other),
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add("fallback", "refuse");
        return option;
    }

    private static WhenUnavailable Refuse(System.CommandLine.Parsing.ArgumentResult result, string value)
    {
        result.AddError($"--when-unavailable: '{value}' is not fallback or refuse.");
        return WhenUnavailable.Fallback;
    }
}
