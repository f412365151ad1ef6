using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Landline.Networking.Processes;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>The environment written to a pipe that nobody reads.</summary>
public sealed class EnvironmentPipeTests
{
    [Fact]
    public async Task An_interruption_ends_the_command_and_its_attachment()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        await scene.ServeApiAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;
        string pipe = Path.Combine(scene.Folder, "web.env");
        await RunAsync("mkfifo", pipe);
        using Process cli = scene.Cli.Start("intercept", "web", "--mount", "false", "-e", pipe);
        await AttachmentScene.WaitUntilAsync(() => IsOpening(cli));

        await RunAsync("kill", "-INT", $"{cli.Id}");
        await cli.WaitForExitAsync(Deadline.Token);

        Assert.Equal(130, cli.ExitCode);
        Assert.Null(scene.StoredAttachment("web"));
    }

    // What the kernel says that a thread which opens a pipe waits for.
    private static bool IsOpening(Process process) => Directory.EnumerateDirectories($"/proc/{process.Id}/task")
        .Any(task => WaitsFor(task) is "wait_for_partner" or "fifo_open");

    private static string WaitsFor(string task)
    {
        try
        {
            return File.ReadAllText($"{task}/wchan");
        }
        catch (IOException)
        {
            return ""; // It has ended.
        }
    }

    private static Task<string> RunAsync(string tool, params string[] arguments) =>
        SystemTool.CheckedAsync(tool, arguments, "", TimeSpan.FromSeconds(10), Deadline.Token);

    private static async Task EnvironmentAsync(SessionStream stream, WorkloadOpen open)
    {
        stream.Accept();
        string facts = JsonSerializer.Serialize(new WorkloadFacts { Pod = "web-1", Container = "app" }, ProtocolJson.Default.WorkloadFacts);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(facts + "\nGREETING=hello\0"), Deadline.Token);
        stream.EndWriting();
    }
}
