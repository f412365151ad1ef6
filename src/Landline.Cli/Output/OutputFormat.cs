namespace Landline.Cli.Output;

/// <summary>How facts are printed: for people, or for programs.</summary>
internal enum OutputFormat
{
    Text,
    Json,
    Yaml,
}
