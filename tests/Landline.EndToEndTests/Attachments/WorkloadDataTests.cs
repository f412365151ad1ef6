using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>What a developer sees of the running container without touching its traffic: its environment and its files.</summary>
[Collection(BesideWebInCommonScene.Name)]
public sealed class WorkloadDataTests(CommonScene scene) : ClusterTest(scene), IClassFixture<WorkloadDataTests.Data>
{
    private const string Password = "correct horse: battery \"staple\"";

    /// <summary>A pod whose environment comes from everywhere it can come from.</summary>
    public sealed class Data(CommonScene scene) : SceneAddition(scene)
    {
        protected override Task DeployAsync() => Scene.Namespace.DeployAsync(
            $$$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data: {GREETING: "good day", LINES: "one\ntwo"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: password}
            stringData: {password: '{{{Password}}}'}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: data, labels: {app: data}}
            spec:
              terminationGracePeriodSeconds: 0
              volumes: [{name: settings, configMap: {name: settings}}]
              containers:
                - name: server
                  image: "{{{TestServer.Image}}}"
                  imagePullPolicy: Never
                  ports: [{name: http, containerPort: 8080}]
                  volumeMounts: [{name: settings, mountPath: /settings}]
                  envFrom: [{configMapRef: {name: settings}}]
                  env:
                    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: password, key: password} }}
                    - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name} }}
            """);
    }

    [ClusterFact]
    public async Task A_commands_environment_is_the_containers_with_secrets_and_service_variables()
    {
        ProgramResult result = await AttachAsync("ingest", "--mount", "false", "--", "env", "-0");
        Dictionary<string, string> variables = Parse(result.Succeeded());

        Assert.Equal(Password, variables["PASSWORD"]);
        Assert.Equal("good day", variables["GREETING"]);
        Assert.Equal("one\ntwo", variables["LINES"]);
        Assert.Equal("data", variables["POD"]);
        Assert.StartsWith("10.96.", variables["WEB_SERVICE_HOST"], StringComparison.Ordinal);
        Assert.NotEqual("data", variables.GetValueOrDefault("HOSTNAME"));
        Assert.Equal("server", variables["LANDLINE_CONTAINER"]);
        Assert.Equal(variables["LANDLINE_INTERCEPT_ID"], variables["TELEPRESENCE_INTERCEPT_ID"]);
    }

    [ClusterFact]
    public async Task Files_of_the_environment_are_for_their_owner_only_and_hold_every_value()
    {
        string folder = Directory.CreateTempSubdirectory("landline-e2e-").FullName;
        string json = Path.Combine(folder, "env.json");
        string shell = Path.Combine(folder, "env.sh");
        try
        {
            (await AttachAsync("ingest", "--mount", "false", "-j", json, "-e", shell, "--env-syntax", "sh:export")).Succeeded();

            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(json));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(shell));
            JsonNode variables = JsonNode.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken))!;
            Assert.Equal(Password, variables["PASSWORD"]!.GetValue<string>());
            Assert.Equal(Password, await Laptop.Root.SucceedAsync("sh", "-c", $". {shell}; printf %s \"$PASSWORD\""));
            Assert.Equal("one\ntwo", await Laptop.Root.SucceedAsync("sh", "-c", $". {shell}; printf %s \"$LINES\""));
        }
        finally
        {
            await Laptop.Root.LandlineAsync("detach", "data");
            Directory.Delete(folder, recursive: true);
        }
    }

    [ClusterFact]
    public async Task A_value_of_several_lines_that_a_syntax_cannot_hold_is_refused_and_nothing_is_left()
    {
        string file = Path.Combine(Path.GetTempPath(), $"landline-e2e-{Guid.NewGuid():N}");

        ProgramResult result = await AttachAsync("ingest", "--mount", "false", "-e", file, "--env-syntax", "docker");

        Assert.Contains("LINES", result.FailedWithAdvice().Sentence, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        Assert.Equal("", await Namespace.KubectlAsync("get", "attachments.landline.dev", "data", "--ignore-not-found", "-o", "name"));
    }

    [ClusterFact]
    public async Task Files_of_the_container_are_read_and_written_through_the_mount_and_it_goes_with_the_command()
    {
        ProgramResult result = await AttachAsync(
            "intercept", "-p", "8180:http", "--", "sh", "-c",
            "cat $LANDLINE_ROOT/settings/GREETING && echo from the laptop > $LANDLINE_ROOT/tmp/note && echo && echo $LANDLINE_ROOT");

        string[] lines = result.Succeeded().Split('\n');
        Assert.Equal("good day", lines[0]);
        Assert.Equal("from the laptop", await Namespace.KubectlAsync("exec", "data", "--", "cat", "/tmp/note"));
        Assert.DoesNotContain(lines[1], await Laptop.Root.SucceedAsync("cat", "/proc/mounts"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Four_large_files_at_once_are_the_same_here_and_there_and_back()
    {
        string folder = Directory.CreateTempSubdirectory("landline-e2e-").FullName;
        try
        {
            string there = await Namespace.KubectlAsync(
                "exec", "data", "--", "sh", "-c", "cd /tmp; for i in 1 2 3 4; do head -c 100000000 /dev/urandom > file$i; done; sha256sum file?");

            ProgramResult copied = await AttachAsync(
                "intercept", "-p", "8180:http", "--", "sh", "-ec",
                $"""
                cd {folder}
                for i in 1 2 3 4; do cp "$LANDLINE_ROOT/tmp/file$i" . & done; wait
                sha256sum file?
                mkdir "$LANDLINE_ROOT/tmp/back"
                for i in 1 2 3 4; do cp file$i "$LANDLINE_ROOT/tmp/back/" & done; wait
                """);

            Assert.Equal(there.Trim(), copied.Succeeded().Trim());
            Assert.Equal(there.Trim(), (await Namespace.KubectlAsync("exec", "data", "--", "sh", "-c", "cd /tmp/back; sha256sum file?")).Trim());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [ClusterFact]
    public async Task Ingested_files_are_only_read()
    {
        ProgramResult result = await AttachAsync(
            "ingest", "--", "sh", "-c", "cat $LANDLINE_ROOT/settings/GREETING; echo x > $LANDLINE_ROOT/tmp/forbidden || exit 42");

        Assert.StartsWith("good day", result.Output, StringComparison.Ordinal);
        Assert.Equal(42, result.ExitCode);
        Assert.NotEqual(0, (await Kubectl.RunAsync("-n", Namespace.Name, "exec", "data", "--", "ls", "/tmp/forbidden")).ExitCode);
    }

    [ClusterFact]
    public async Task What_is_read_is_in_no_log_and_in_no_object()
    {
        const string InFile = "only the file says this";
        await Namespace.KubectlAsync("exec", "data", "--", "sh", "-c", $"echo {InFile} > /tmp/secret; echo {InFile} > /tmp/app.log");
        string archive = Path.Combine(Laptop.Root.RuntimeDirectory, "secrets.zip");

        ProgramResult read = await AttachAsync(
            "intercept", "-p", "8180:http", "--", "sh", "-c",
            $"cat $LANDLINE_ROOT/tmp/secret; echo \"$PASSWORD\"; {SourceTree.Landline} gather-logs -o {archive} >/dev/null; kubectl get connections.landline.dev,attachments.landline.dev -A -o yaml");

        Assert.Contains(InFile, read.Output, StringComparison.Ordinal);
        string objects = read.Succeeded()[(read.Output.IndexOf(Password, StringComparison.Ordinal) + Password.Length)..];
        Assert.Contains("kind: Attachment", objects, StringComparison.Ordinal);
        string[] logs = [.. (await LogArchive.ReadAsync(archive)).Values];
        Assert.Contains(logs, text => text.Contains("attach", StringComparison.OrdinalIgnoreCase));
        string agents = await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "logs", "-l", "app.kubernetes.io/name=landline-agent", "--tail=-1");
        Assert.NotEmpty(agents);
        foreach (string secret in new[] { InFile, Password, Password.Split('"')[1] })
        {
            Assert.All([objects, agents, .. logs], text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }
    }

    [ClusterFact]
    public async Task Ingesting_touches_no_traffic_and_no_object()
    {
        const string Workload = "server";
        string before = await AttachScene.WorkloadAsync(Namespace.Name, Workload);

        (await Laptop.Root.LandlineAsync("ingest", Workload)).Succeeded();
        try
        {
            await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, TimeSpan.FromSeconds(1), Workload);
            Assert.StartsWith("hello from server-", await Caller.AskAsync(Namespace.Name, Workload), StringComparison.Ordinal);
        }
        finally
        {
            (await Laptop.Root.LandlineAsync("detach", Workload)).Succeeded();
        }

        Assert.Equal(before, await AttachScene.WorkloadAsync(Namespace.Name, Workload));
    }

    private static Task<ProgramResult> AttachAsync(string command, params IEnumerable<string> options) =>
        Laptop.Root.LandlineAsync([command, "data", "-w", "pod/data", .. options]);

    private static Dictionary<string, string> Parse(string variables) => variables
        .Split('\0', StringSplitOptions.RemoveEmptyEntries)
        .Select(variable => variable.TrimStart('\n').Split('=', 2))
        .Where(variable => variable.Length == 2)
        .ToDictionary(variable => variable[0], variable => variable[1]);
}
