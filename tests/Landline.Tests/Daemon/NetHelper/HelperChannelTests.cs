using System.Net.Sockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Daemon.NetHelper;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.NetHelper;

/// <summary>What root reads of a process that is not root's.</summary>
public sealed class HelperChannelTests : IDisposable
{
    private static readonly Gen<string?> AnyText = ArbMap.Default.GeneratorFor<string?>();

    private static readonly Gen<HelperMessage> AnyMessage =
        from id in Gen.Choose(0, 1_000_000)
        from log in AnyText
        from reason in AnyText
        from isInForce in Gen.Elements<bool?>(null, true, false)
        select new HelperMessage
        {
            Id = id % 2 == 0 ? id : null,
            Log = Valid(log),
            Failure = reason is null ? null : new HelperFailure(HelperFailureCodes.Device, Valid(reason)!),
            ResolverInForce = isInForce,
        };

    private readonly string _directory = Directory.CreateTempSubdirectory("landline-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_record_is_its_length_and_its_JSON()
    {
        (Socket writer, Socket reader) = await PairAsync();
        using var channel = new HelperChannel(writer);
        using Socket raw = reader;

        await channel.WriteAsync(new HelperMessage { Id = 7, Log = "up" }, HelperJson.Default.HelperMessage, [], Deadline.Token);
        writer.Shutdown(SocketShutdown.Send);

        byte[] json = Encoding.UTF8.GetBytes("""{"id":7,"log":"up"}""");
        Assert.Equal([0, 0, 0, (byte)json.Length, .. json], await ReadToEndAsync(raw));
    }

    [Fact]
    public async Task Any_record_survives_writing_and_reading_in_any_segments()
    {
        foreach ((HelperMessage[] messages, int[] cuts) in Gen.Sample(AnyMessage.ListOf().Select(list => list.Take(10).ToArray()).SelectMany(
            list => Gen.Choose(1, 40).NonEmptyListOf().Select(cuts => (list, cuts.ToArray()))), 50))
        {
            byte[] bytes = await BytesOfAsync(messages);
            (Socket writer, Socket reader) = await PairAsync();
            using Socket raw = writer;
            using var channel = new HelperChannel(reader);

            Task sending = SendAsync(raw, bytes, cuts);
            foreach (HelperMessage message in messages)
            {
                Assert.Equal(message, await channel.ReadAsync(HelperJson.Default.HelperMessage, Deadline.Token));
            }

            Assert.Null(await channel.ReadAsync(HelperJson.Default.HelperMessage, Deadline.Token));
            await sending;
        }
    }

    [Fact]
    public async Task Any_bytes_are_read_or_refused()
    {
        foreach ((byte[] bytes, int[] cuts) in Gen.Sample(from bytes in AnyBytes() from cuts in Gen.Choose(1, 40).NonEmptyListOf() select (bytes, cuts.ToArray()), 200))
        {
            (Socket writer, Socket reader) = await PairAsync();
            using var channel = new HelperChannel(reader);
            using Socket raw = writer;
            Task sending = SendAsync(raw, bytes, cuts);

            await ReadAllAsync(channel);
            await sending;
        }
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("00040001")]
    [InlineData("FFFFFFFF")]
    [InlineData("000000")]
    [InlineData("000000047B")]
    [InlineData("000000046E756C6C")]
    [InlineData("000000025B5D")]
    [InlineData("000000027B7D")]
    public async Task What_is_no_record_is_refused_before_more_is_read(string hex)
    {
        (Socket writer, Socket reader) = await PairAsync();
        using var channel = new HelperChannel(reader);
        using Socket raw = writer;
        await SendAsync(raw, Convert.FromHexString(hex), [1000]);

        await Assert.ThrowsAsync<InvalidDataException>(() => channel.ReadAsync(HelperJson.Default.HelperRequest, Deadline.Token));
    }

    [Fact]
    public async Task The_largest_record_passes_and_a_larger_one_is_not_sent()
    {
        (Socket writer, Socket reader) = await PairAsync();
        using var sender = new HelperChannel(writer);
        using var receiver = new HelperChannel(reader);
        var largest = new HelperMessage { Log = new string('x', HelperChannel.LargestRecordBytes - """{"log":""}""".Length) };

        Task<HelperMessage?> read = receiver.ReadAsync(HelperJson.Default.HelperMessage, Deadline.Token);
        await sender.WriteAsync(largest, HelperJson.Default.HelperMessage, [], Deadline.Token);

        Assert.Equal(largest, await read);
        await Assert.ThrowsAsync<InvalidDataException>(
            () => sender.WriteAsync(largest with { Log = largest.Log + "x" }, HelperJson.Default.HelperMessage, [], Deadline.Token));
    }

    // Nothing but the one exception; and every record of garbage ends, because the peer has.
    private static async Task ReadAllAsync(HelperChannel channel)
    {
        try
        {
            while (await channel.ReadAsync(HelperJson.Default.HelperRequest, Deadline.Token) is { } request)
            {
                Assert.NotNull(request.Command);
            }
        }
        catch (InvalidDataException)
        {
            // Refused.
        }
    }

    // Random bytes seldom get past the length; whole records with a damaged middle do.
    private static Gen<byte[]> AnyBytes()
    {
        byte[] request = Encoding.UTF8.GetBytes(
            """{"id":1,"command":"update","update":{"routes":{"subnets":["10.0.0.0/8"],"mayTakeOver":[],"protectedAddresses":[]},"dns":{"listenAddress":"198.19.0.1","searchDomains":[],"routingDomains":[]}}}""");
        Gen<byte[]> damaged =
            from place in Gen.Choose(0, request.Length + 3)
            from value in Gen.Choose(0, 255)
            from tail in ArbMap.Default.GeneratorFor<byte[]>()
            select Damaged([0, 0, 0, (byte)request.Length, .. request, 0, 0, 0, (byte)request.Length, .. request, .. tail], place, (byte)value);
        return Gen.OneOf(ArbMap.Default.GeneratorFor<byte[]>(), damaged);
    }

    private static byte[] Damaged(byte[] bytes, int place, byte value)
    {
        bytes[place] = value;
        return bytes;
    }

    // A lone surrogate cannot be written as UTF-8.
    private static string? Valid(string? text) =>
        text is null ? null : string.Concat(text.EnumerateRunes().Select(rune => rune.ToString()));

    private async Task<byte[]> BytesOfAsync(IEnumerable<HelperMessage> messages)
    {
        (Socket writer, Socket reader) = await PairAsync();
        using Socket raw = reader;
        Task<byte[]> reading = ReadToEndAsync(raw);
        using (var channel = new HelperChannel(writer))
        {
            foreach (HelperMessage message in messages)
            {
                await channel.WriteAsync(message, HelperJson.Default.HelperMessage, [], Deadline.Token);
            }
        }

        return await reading;
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, int[] cuts)
    {
        int offset = 0;
        try
        {
            for (int i = 0; offset < bytes.Length; i++)
            {
                int size = Math.Min(cuts[i % cuts.Length], bytes.Length - offset);
                offset += await socket.SendAsync(bytes.AsMemory(offset, size), SocketFlags.None, Deadline.Token);
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The reader has refused what came before.
        }
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Deadline.Token);
        return all.ToArray();
    }

    private async Task<(Socket One, Socket Other)> PairAsync()
    {
        string path = Path.Combine(_directory, Guid.NewGuid().ToString("N")[..8]);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var one = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await one.ConnectAsync(new UnixDomainSocketEndPoint(path), Deadline.Token);
        return (one, await listener.AcceptAsync(Deadline.Token));
    }
}
