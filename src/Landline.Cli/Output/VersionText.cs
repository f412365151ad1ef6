namespace Landline.Cli.Output;

/// <summary>What <c>landline version</c> shows to people: this program, and a line for each connection.</summary>
internal static class VersionText
{
    public static void Write(TextWriter output, VersionFact fact)
    {
        output.WriteLine($"landline {fact.Version}");
        foreach (ConnectionVersions connection in fact.Connections)
        {
            output.WriteLine(connection.Daemon is null
                ? $"connection {connection.Name}: its daemon does not answer"
                : $"connection {connection.Name}: daemon {connection.Daemon}, manager {connection.Manager ?? "not known"}");
        }
    }
}
