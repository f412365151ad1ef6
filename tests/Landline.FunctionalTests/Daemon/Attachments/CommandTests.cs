using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>The commands as processes, against the daemon's API.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task What_the_options_say_becomes_the_object()
    {
        await using AttachmentScene scene = await StartAsync();

        (int exitCode, string output, string errors) = await scene.Cli.RunAsync(
            "intercept", "mine", "-w", "deploy/web", "-p", "3000:http", "-p", "5353:dns/UDP", "--container", "app", "--service", "web",
            "--http-header", "x-user=~^ali", "--http-baggage", "user=alice", "--http-path-prefix", "/api", "--http-method", "get",
            "--when-unavailable", "refuse", "--forward-source-address", "--mount", "false", "-n", "work", "--format", "json");

        Assert.Equal(("", 0), (errors, exitCode));
        Assert.Equal("Active", JsonNode.Parse(output)!["phase"]!.ToString());
        JsonNode expected = JsonNode.Parse(
            $$"""
            {"connection": "{{scene.Registration.Name}}", "type": "Intercept", "workload": {"kind": "Deployment", "name": "web"},
             "container": "app", "service": "web",
             "ports": [{"identifier": "http", "protocol": "TCP", "workstationPort": 3000}, {"identifier": "dns", "protocol": "UDP", "workstationPort": 5353}],
             "http": {"headers": [{"name": "x-user", "regex": "^ali"}], "baggage": [{"name": "user", "value": "alice"}],
                      "path": {"prefix": "/api"}, "methods": ["GET"]},
             "whenUnavailable": "Refuse", "forwardSourceAddress": true}
            """)!;
        Assert.True(JsonNode.DeepEquals(expected, scene.StoredAttachment("mine")!["spec"]), scene.StoredAttachment("mine")!.ToJsonString());
    }

    [Fact]
    public async Task A_handler_at_another_address_gets_the_connection()
    {
        await using AttachmentScene scene = await StartAsync(new ManualTime());
        using var handler = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        handler.Start();
        scene.Manager.Answer = _ => ManagerStandIn.Active(8080, handler.Port());

        (int exitCode, _, string errors) = await scene.Cli.RunAsync("intercept", "web", "--address", "127.0.0.2", "--mount", "false");
        (_, StreamEnd? refusal) = await scene.CallAsync("web");
        using Socket accepted = await handler.AcceptSocketAsync(Deadline.Token);

        Assert.Equal(("", 0), (errors, exitCode));
        Assert.Null(refusal);
    }

    [Fact]
    public async Task A_callers_address_is_asked_for_with_a_filter_that_takes_every_request()
    {
        await using AttachmentScene scene = await StartAsync();

        (int exitCode, _, string errors) = await scene.Cli.RunAsync("intercept", "web", "--forward-source-address", "--mount", "false");

        Assert.Equal(("", 0), (errors, exitCode));
        JsonNode spec = scene.StoredAttachment("web")!["spec"]!;
        Assert.True(spec["forwardSourceAddress"]!.GetValue<bool>());
        Assert.IsType<JsonObject>(spec["http"]);
    }

    [Theory]
    [InlineData("intercept", "Intercept")]
    [InlineData("replace", "Replace")]
    [InlineData("wiretap", "Wiretap")]
    [InlineData("ingest", "Ingest")]
    public async Task Attached_shown_in_status_and_detached(string command, string type)
    {
        await using AttachmentScene scene = await StartAsync();

        (int exitCode, string output, _) = await scene.Cli.RunAsync(command, "web", "--mount", "false");
        string status = (await scene.Cli.RunAsync("status")).Output;
        (_, string detached, string errors) = await scene.Cli.RunAsync("leave", "web");

        Assert.Equal(0, exitCode);
        Assert.Equal($"{type} web: deployment/web, Active, http (8080) to 8080\nEnd it with: landline detach web\n", output);
        Assert.Contains($"  {type + ":",-18} web: deployment/web, Active, http (8080) to 8080\n", status, StringComparison.Ordinal);
        Assert.Equal(("", "Detached web\n"), (errors, detached));
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task A_command_runs_with_the_environment_and_the_attachment_ends_with_it()
    {
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;

        (int exitCode, string output, string errors) = await scene.Cli.RunAsync(
            "intercept", "web", "--mount", "false", "--env-exclude", "SECRET_*", "--", "sh", "-c",
            """echo "$GREETING|$SECRET_KEY|$LANDLINE_CONTAINER|$TELEPRESENCE_MOUNTS|${HOSTNAME-none}|${LANDLINE_ROOT-unset}"; exit 7""");

        Assert.Equal(7, exitCode);
        Assert.Equal(["hello\nworld", "", "app", "/data:/etc/config"], output.Split('|')[..4]);
        Assert.EndsWith("|unset\n", output, StringComparison.Ordinal);
        Assert.NotEqual("web-1", output.Split('|')[4]);
        Assert.DoesNotContain("has ended", errors, StringComparison.Ordinal);
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task A_command_is_not_looked_for_next_to_landline()
    {
        const string NextToIt = "Landline.FunctionalTests";
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(CliProcess.Program)!, NextToIt)));
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;

        (int exitCode, _, string errors) = await scene.Cli.RunAsync("intercept", "web", "--mount", "false", "--", NextToIt, "-help");

        Assert.Equal(1, exitCode);
        Assert.Contains($"The command '{NextToIt}' cannot be run: No such file or directory.\n hint: ", errors, StringComparison.Ordinal);
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task Killing_the_command_line_program_ends_its_attachment()
    {
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;
        using Process cli = scene.Cli.Start("intercept", "web", "--mount", "false", "--", "sh", "-c", "echo runs; while kill -0 $PPID; do sleep 0.05; done");
        Assert.Equal("runs", await cli.StandardOutput.ReadLineAsync(Deadline.Token));
        Assert.NotNull(scene.StoredAttachment("web"));

        cli.Kill();

        await AttachmentScene.WaitUntilAsync(() => scene.StoredAttachment("web") is null);
    }

    [Theory]
    [InlineData(false, "it was detached")]
    [InlineData(true, "the connection was ended")]
    public async Task Whoever_ends_the_attachment_ends_its_command(bool disconnects, string reason)
    {
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;
        using Process cli = scene.Cli.Start(
            "intercept", "web", "--mount", "false", "--", "sh", "-c", "trap 'echo asked; exit 4' TERM; echo runs; while :; do sleep 0.05; done");
        Assert.Equal("runs", await cli.StandardOutput.ReadLineAsync(Deadline.Token));

        if (disconnects)
        {
            await scene.EndAttachmentsAsync();
        }
        else
        {
            Assert.Equal(0, (await scene.Cli.RunAsync("leave", "web")).ExitCode);
        }

        Assert.Equal("asked", await cli.StandardOutput.ReadLineAsync(Deadline.Token));
        await cli.WaitForExitAsync(Deadline.Token);
        Assert.Equal(4, cli.ExitCode);
        Assert.Contains(
            $"Attachment 'web' has ended: {reason}. The command is asked to end too.\n",
            await cli.StandardError.ReadToEndAsync(Deadline.Token),
            StringComparison.Ordinal);
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task An_attachment_that_somebody_deletes_is_told_while_the_command_goes_on()
    {
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;
        string flag = Path.Combine(scene.Folder, "flag");
        using Process cli = scene.Cli.Start(
            "intercept", "web", "--mount", "false", "--", "sh", "-c", $"echo runs; while ! [ -e {flag} ]; do sleep 0.05; done; exit 3");
        Assert.Equal("runs", await cli.StandardOutput.ReadLineAsync(Deadline.Token));
        string uid = scene.StoredAttachment("web")!["metadata"]!["uid"]!.ToString();

        scene.Stored.Delete($"{AttachmentScene.Objects}/web");
        await scene.Manager.TellAsync("web", uid, new AttachmentStatus { Phase = AttachmentPhase.Ended });
        string? warning;
        while ((warning = await cli.StandardError.ReadLineAsync(Deadline.Token)) is not null && !warning.StartsWith("warning", StringComparison.Ordinal))
        {
            continue;
        }

        await File.WriteAllTextAsync(flag, "", Deadline.Token);
        await cli.WaitForExitAsync(Deadline.Token);
        Assert.Equal("warning: Attachment 'web' has ended: somebody deleted it in the cluster. The command goes on without it.", warning);
        Assert.Equal(3, cli.ExitCode);
    }

    [Fact]
    public async Task The_environment_is_written_to_private_files()
    {
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;
        string file = Path.Combine(scene.Folder, "web.env");
        string json = Path.Combine(scene.Folder, "web.json");

        (int exitCode, _, string errors) = await scene.Cli.RunAsync(
            "intercept", "web", "--mount", "false", "-e", file, "--env-syntax", "sh:export", "-j", json);

        Assert.Equal(("", 0), (errors, exitCode));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file) | File.GetUnixFileMode(json));
        Assert.Contains("export GREETING='hello\nworld'\n", await File.ReadAllTextAsync(file, Deadline.Token), StringComparison.Ordinal);
        JsonObject variables = JsonNode.Parse(await File.ReadAllTextAsync(json, Deadline.Token))!.AsObject();
        Assert.Equal("hello\nworld", variables["GREETING"]!.ToString());
        Assert.Equal("k=1", variables["SECRET_KEY"]!.ToString());
        Assert.False(variables.ContainsKey("PATH"));
        Assert.Equal(scene.StoredAttachment("web")!["metadata"]!["uid"]!.ToString(), variables["LANDLINE_INTERCEPT_ID"]!.ToString());
    }

    [Fact]
    public async Task A_file_that_cannot_hold_a_value_is_an_error_and_nothing_stays_attached()
    {
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;

        (int exitCode, _, string errors) = await scene.Cli.RunAsync(
            "intercept", "web", "--mount", "false", "-e", Path.Combine(scene.Folder, "web.env"));

        Assert.Equal(1, exitCode);
        Assert.StartsWith("error: The value of GREETING has several lines, which the syntax 'docker' cannot hold.\n hint: ", errors, StringComparison.Ordinal);
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task When_one_of_two_files_cannot_be_written_there_is_neither_and_nothing_stays_attached()
    {
        await using AttachmentScene scene = await StartAsync();
        scene.Manager.ServeWorkload = EnvironmentAsync;
        string file = Path.Combine(scene.Folder, "web.env");

        (int exitCode, _, string errors) = await scene.Cli.RunAsync(
            "intercept", "web", "--mount", "false", "-e", file, "--env-syntax", "sh", "-j", Path.Combine(scene.Folder, "missing", "web.json"));

        Assert.Equal(1, exitCode);
        Assert.Contains("web.json", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task The_workloads_are_listed_with_who_is_attached()
    {
        await using AttachmentScene scene = await StartAsync();
        IReadOnlyList<WorkloadInfo> workloadsThere =
        [
            new WorkloadInfo
            {
                Kind = "Deployment",
                Name = "web",
                Services = ["web", "web-internal"],
                ReadyReplicas = 2,
                Attachments = [new WorkloadAttachment { Name = "mine", Type = AttachmentType.Intercept, Owner = "alice@laptop", Phase = AttachmentPhase.Active }],
            },
            new WorkloadInfo { Kind = "Pod", Name = "node-tool", Obstacle = "It uses its node's network.", ReadyReplicas = 1 },
        ];
        scene.Manager.Listing = new WorkloadsMessage { Workloads = workloadsThere };

        (_, string text, _) = await scene.Cli.RunAsync("list");
        (_, string json, _) = await scene.Cli.RunAsync("list", "-n", "work", "--format", "json");

        Assert.Equal(
            """
            WORKLOAD        READY  SERVICES          STATE
            deployment/web  2      web,web-internal  intercepted by alice@laptop (mine)
            pod/node-tool   1      -                 cannot be attached to: It uses its node's network

            """.ReplaceLineEndings("\n"),
            text);
        JsonNode workloads = JsonNode.Parse(json)!;
        Assert.Equal("work", workloads["namespace"]!.ToString());
        Assert.Equal("alice@laptop", workloads["workloads"]![0]!["attachments"]![0]!["owner"]!.ToString());
    }

    [Fact]
    public async Task Without_a_connection_the_hint_says_how_to_make_one()
    {
        await using AttachmentScene scene = await StartAsync();

        (int exitCode, _, string errors) = await scene.Cli.RunAsync("intercept", "web", "-n", "other");

        Assert.Equal(1, exitCode);
        Assert.Equal(
            "error: There is no connection to namespace 'other'; there is work of fake.\n hint: Connect first with: landline connect -n other\n", errors);
    }

    private static async Task<AttachmentScene> StartAsync(TimeProvider? time = null)
    {
        AttachmentScene scene = await AttachmentScene.StartAsync(time);
        await scene.ServeApiAsync();
        return scene;
    }

    private static async Task EnvironmentAsync(SessionStream stream, WorkloadOpen open)
    {
        Assert.Equal(WorkloadPart.Environment, open.Part);
        stream.Accept();
        string facts = JsonSerializer.Serialize(
            new WorkloadFacts { Pod = "web-1", Container = "app", Mounts = ["/data", "/etc/config"] }, ProtocolJson.Default.WorkloadFacts);
        string[] entries = ["GREETING=hello\nworld", "SECRET_KEY=k=1", "HOSTNAME=web-1", "PATH=/nowhere", "EMPTY="];
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes(facts + "\n" + string.Concat(entries.Select(entry => entry + "\0"))), Deadline.Token);
        stream.EndWriting();
    }
}
