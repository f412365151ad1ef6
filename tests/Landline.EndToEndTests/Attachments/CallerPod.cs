using System.Collections.Concurrent;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>
/// The pod that calls workloads. Its namespaces are entered from the machine: what runs there has the pod's network, files and host name,
/// as with <c>kubectl exec</c>, and starts in milliseconds instead of a third of a second.
/// </summary>
internal static class CallerPod
{
    private const string Name = "caller";

    // It is made with a scene and never restarted: its process is looked up once.
    private static readonly ConcurrentDictionary<string, Task<string[]>> Entrances = new();

    public static string Manifest =>
        $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{Name}}} }
        spec:
          terminationGracePeriodSeconds: 0
          containers: [{name: {{{Name}}}, image: "{{{TestServer.Image}}}", imagePullPolicy: Never}]
        """;

    public static async Task<ProgramResult> RunAsync(string @namespace, params IEnumerable<string> command) =>
        await ProgramRun.ToEndAsync("nsenter", [.. await EntranceAsync(@namespace), .. command]);

    public static async Task<ProgramRun> StartAsync(string @namespace, params IEnumerable<string> command) =>
        ProgramRun.Start("nsenter", [.. await EntranceAsync(@namespace), .. command]);

    private static Task<string[]> EntranceAsync(string @namespace) => Entrances.GetOrAdd(@namespace, static async name =>
    {
        ProgramResult found = await Lab.RunAsync("pod-netns", name, Name);
        if (found.ExitCode != 0)
        {
            Entrances.TryRemove(name, out _);
        }

        string process = found.Succeeded();
        return ["--target", process, "--net", "--mount", "--uts", "--wdns=/", "env", "--ignore-environment", "PATH=/usr/bin:/bin"];
    });
}
