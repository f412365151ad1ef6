using System.Text.Json.Nodes;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>The cluster as its administrator sees it.</summary>
internal static class Kubectl
{
    public static Task<ProgramResult> RunAsync(params IEnumerable<string> arguments) => Lab.RunAsync(["kubectl", .. arguments]);

    public static async Task<string> SucceedAsync(params IEnumerable<string> arguments) => (await RunAsync(arguments)).Succeeded();

    public static async Task<JsonNode> JsonAsync(params IEnumerable<string> arguments) =>
        JsonNode.Parse(await SucceedAsync([.. arguments, "-o", "json"]))!;

    public static async Task<string> ApplyAsync(string manifest, params IEnumerable<string> arguments) =>
        (await Lab.RunAsync(["kubectl", "apply", .. arguments, "-f", "-"], null, manifest)).Succeeded();

    /// <summary>Runs Python in a pod, the script on standard input.</summary>
    public static Task<ProgramResult> PythonAsync(string @namespace, string pod, string script) =>
        Lab.RunAsync(["kubectl", "-n", @namespace, "exec", "-i", pod, "--", "python3", "-"], null, script);
}
