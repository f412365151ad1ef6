using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Landline.Cluster.Agent.Files;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentWorkloads;

public sealed class WorkloadStreamTests
{
    private const uint ReadFlag = 1;
    private const uint WriteFlag = 2;
    private const uint CreateFlag = 8;

    [RootFact]
    public async Task The_environment_follows_a_line_of_facts()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();

        SessionStream stream = await pod.OpenAsync(Ask(WorkloadPart.Environment));
        string all = Encoding.UTF8.GetString(await ReadToEndAsync(stream));
        stream.EndWriting();

        string[] parts = all.Split('\n', 2);
        WorkloadFacts facts = JsonSerializer.Deserialize(parts[0], ProtocolJson.Default.WorkloadFacts)!;
        Assert.Equal(("web-1", "app"), (facts.Pod, facts.Container));
        Assert.Equal(["/data", "/var/run/secrets"], facts.Mounts);
        Assert.Contains("GREETING=two\nlines\0", parts[1], StringComparison.Ordinal);
        Assert.Null(await stream.Completion.WaitAsync(Deadline.Token));
    }

    [RootFact]
    public async Task The_environment_of_a_container_that_replaces_its_program_all_the_time_is_whole()
    {
        string restless = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(restless, "exec sh \"$0\"\n", TestContext.Current.CancellationToken);
            await using PodStandIn pod = await PodStandIn.StartAsync(program: $"sh {restless}", time: new StoppedClock());

            for (int i = 0; i < 200; i++)
            {
                SessionStream stream = await pod.OpenAsync(Ask(WorkloadPart.Environment));
                string all = Encoding.UTF8.GetString(await ReadToEndAsync(stream));
                stream.EndWriting();
                Assert.Contains("GREETING=two\nlines\0", all.Split('\n', 2)[1], StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(restless);
        }
    }

    [RootFact]
    public async Task What_the_agent_was_not_told_to_attach_is_refused()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();

        foreach (WorkloadPart part in Enum.GetValues<WorkloadPart>())
        {
            WorkloadOpen known = Ask(part) with { Port = 80 };
            Assert.Equal(StreamEndCode.NotAllowed, (await pod.RefusalAsync(known with { Attachment = "shop/other" })).Code);
            Assert.Equal(StreamEndCode.NotAllowed, (await pod.RefusalAsync(known with { PodUid = "uid-2" })).Code);
            Assert.Equal(StreamEndCode.NotAllowed, (await pod.RefusalAsync(known with { PodUid = null })).Code);
        }
    }

    [RootFact]
    public async Task A_container_that_does_not_run_is_unavailable()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();
        await pod.EndContainerAsync();

        foreach (WorkloadPart part in Enum.GetValues<WorkloadPart>())
        {
            Assert.Equal(StreamEndCode.Unavailable, (await pod.RefusalAsync(Ask(part) with { Port = 80 })).Code);
        }
    }

    [RootFact]
    public async Task Payloads_that_mean_nothing_are_refused_and_harm_nothing()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();
        var random = new Random(7);

        foreach (byte[] payload in (byte[][])
            [[], "null"u8.ToArray(), "{\"part\":\"Roof\"}"u8.ToArray(), .. Enumerable.Range(0, 50).Select(_ => Garbage(random))])
        {
            await Assert.ThrowsAsync<StreamEndedException>(() => pod.OpenAsync(payload));
        }

        Assert.Equal(StreamEndCode.ProtocolError, (await pod.RefusalAsync(Ask(WorkloadPart.Dial))).Code);
        Assert.Equal(StreamEndCode.ProtocolError, (await pod.RefusalAsync(Ask(WorkloadPart.Dial) with { Port = 65536 })).Code);
    }

    [RootFact]
    public async Task Files_are_read_and_written_where_the_attachment_lets_them_be()
    {
        string directory = Directory.CreateTempSubdirectory("landline-files-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "there"), "content");

            await using PodStandIn pod = await PodStandIn.StartAsync();
            await using var files = await SftpPeer.StartAsync(await pod.OpenAsync(Ask(WorkloadPart.Files)));
            Assert.Equal("content", await files.ReadAsync(Path.Combine(directory, "there")));
            Assert.Equal(SftpPacketType.HandleAnswer, await files.OpenAsync(Path.Combine(directory, "new"), WriteFlag | CreateFlag));
            Assert.True(File.Exists(Path.Combine(directory, "new")));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [RootFact]
    public async Task Files_are_read_only_for_a_wiretap_and_an_ingest_whatever_the_manager_asks()
    {
        foreach (AttachmentType type in (AttachmentType[])[AttachmentType.Wiretap, AttachmentType.Ingest])
        {
            await using PodStandIn pod = await PodStandIn.StartAsync(type);
            await using var files = await SftpPeer.StartAsync(await pod.OpenAsync(Ask(WorkloadPart.Files) with { ReadOnly = false }));

            string path = Path.Combine(Path.GetTempPath(), "landline-not-" + Guid.NewGuid());
            Assert.Equal(SftpPacketType.StatusAnswer, await files.OpenAsync(path, WriteFlag | CreateFlag));
            Assert.False(File.Exists(path));
            Assert.Equal(SftpPacketType.HandleAnswer, await files.OpenAsync("/etc/passwd", ReadFlag));
        }
    }

    [RootFact]
    public async Task Files_end_with_their_container_and_with_what_is_no_SFTP()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();
        SessionStream wrong = await pod.OpenAsync(Ask(WorkloadPart.Files));
        await wrong.WriteAsync(new byte[] { 0xff, 0xff, 0xff, 0xff }, Deadline.Token);
        Assert.Equal(StreamEndCode.ProtocolError, (await wrong.Completion.WaitAsync(Deadline.Token))!.Code);

        SessionStream stream = await pod.OpenAsync(Ask(WorkloadPart.Files));
        await pod.EndContainerAsync();

        StreamEnd end = (await stream.Completion.WaitAsync(Deadline.Token))!;
        Assert.Equal((StreamEndCode.Unavailable, "container app of pod web-1 has ended"), (end.Code, end.Detail));
    }

    [RootFact]
    public async Task Every_stream_ends_with_its_attachment()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();
        using Socket server = pod.Network.Listen(new IPEndPoint(IPAddress.Loopback, 0), 1, default);
        SessionStream[] streams =
        [
            await pod.OpenAsync(Ask(WorkloadPart.Environment)),
            await pod.OpenAsync(Ask(WorkloadPart.Files)),
            await pod.OpenAsync(Ask(WorkloadPart.Dial) with { Port = PortOf(server) }),
        ];

        pod.Attachment = null;

        foreach (SessionStream stream in streams)
        {
            Assert.Equal(StreamEndCode.NotAllowed, (await stream.Completion.WaitAsync(Deadline.Token))!.Code);
        }
    }

    [RootFact]
    public async Task A_port_is_dialled_inside_the_pod_on_loopback_or_at_its_own_address()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();
        foreach (string address in (string[])["127.0.0.1", "10.99.0.1", "::1", "fd99::1"])
        {
            using Socket server = pod.Network.Listen(new IPEndPoint(IPAddress.Parse(address), 0), 1, default);
            SessionStream stream = await pod.OpenAsync(Ask(WorkloadPart.Dial) with { Port = PortOf(server) });
            using Socket accepted = await server.AcceptAsync(Deadline.Token);
            Assert.Equal(IPAddress.Parse(address), ((IPEndPoint)accepted.LocalEndPoint!).Address);

            // Half-close: the pod's end of data comes after the workstation's.
            await stream.WriteAsync("question"u8.ToArray(), Deadline.Token);
            stream.EndWriting();
            await using var inside = new NetworkStream(accepted);
            using var reader = new StreamReader(inside, leaveOpen: true);
            Assert.Equal("question", await reader.ReadToEndAsync(Deadline.Token));
            await inside.WriteAsync("answer"u8.ToArray(), Deadline.Token);
            accepted.Shutdown(SocketShutdown.Send);
            Assert.Equal("answer", Encoding.ASCII.GetString(await ReadToEndAsync(stream)));
            Assert.Null(await stream.Completion.WaitAsync(Deadline.Token));
        }
    }

    [RootFact]
    public async Task A_port_that_refuses_refuses_the_stream()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();

        Assert.Equal(StreamEndCode.Refused, (await pod.RefusalAsync(Ask(WorkloadPart.Dial) with { Port = 81 })).Code);
    }

    [RootFact]
    public async Task Datagrams_keep_their_boundaries_both_ways_and_nobody_there_is_a_refusal()
    {
        await using PodStandIn pod = await PodStandIn.StartAsync();
        using Socket server = pod.Network.BindUdp(new IPEndPoint(IPAddress.Loopback, 0), default);
        SessionStream stream = await pod.OpenAsync(
            Ask(WorkloadPart.Dial) with { Port = PortOf(server), Protocol = PortProtocol.Udp });

        await stream.WriteAsync(Framed("one"), Deadline.Token);
        await stream.WriteAsync((byte[])[.. Framed(""), .. Framed("three")], Deadline.Token);
        byte[] buffer = new byte[100];
        EndPoint asker = new IPEndPoint(IPAddress.Any, 0);
        foreach (string expected in (string[])["one", "", "three"])
        {
            SocketReceiveFromResult received = await server.ReceiveFromAsync(buffer, SocketFlags.None, asker, Deadline.Token);
            Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, received.ReceivedBytes));
            asker = received.RemoteEndPoint;
        }

        await server.SendToAsync("yes"u8.ToArray(), SocketFlags.None, asker, Deadline.Token);
        await stream.AsStream().ReadExactlyAsync(buffer.AsMemory(0, 5), Deadline.Token);
        Assert.Equal(Framed("yes"), buffer[..5]);

        server.Dispose();
        await stream.WriteAsync(Framed("anybody?"), Deadline.Token);
        Assert.Equal(StreamEndCode.Refused, (await stream.Completion.WaitAsync(Deadline.Token))!.Code);
    }

    // The agent does not lose its patience with a container that the machine leaves little time for.
    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }

    private static WorkloadOpen Ask(WorkloadPart part) => new() { Attachment = PodStandIn.Name, PodUid = "uid-1", Part = part };

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static byte[] Garbage(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 40)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Framed(string text)
    {
        byte[] frame = new byte[2 + text.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)text.Length);
        Encoding.ASCII.GetBytes(text, frame.AsSpan(2));
        return frame;
    }

    private static async Task<byte[]> ReadToEndAsync(SessionStream stream)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        for (int read; (read = await stream.ReadAsync(buffer, Deadline.Token)) > 0;)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }
}
