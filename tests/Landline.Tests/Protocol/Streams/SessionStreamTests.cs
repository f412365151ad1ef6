using System.Security.Cryptography;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Streams;

public sealed class SessionStreamTests
{
    [Fact]
    public async Task What_is_written_arrives_and_each_direction_ends_by_itself()
    {
        await using SessionPair pair = await SessionPair.ConnectAsync();
        (SessionStream near, SessionStream far) = await pair.OpenAsync();

        await near.WriteAsync("question"u8.ToArray(), Deadline.Token);
        near.EndWriting();

        Assert.Equal("question", await far.ReadToEndAsync());
        await far.WriteAsync("answer"u8.ToArray(), Deadline.Token);
        far.EndWriting();
        Assert.Equal("answer", await near.ReadToEndAsync());
        Assert.Null(await near.Completion.WaitAsync(Deadline.Token));
        Assert.Null(await far.Completion.WaitAsync(Deadline.Token));
        Assert.Equal(0, pair.Near.OpenStreams);
        Assert.Equal(0, pair.Far.OpenStreams);
    }

    [Fact]
    public async Task Much_more_than_a_window_arrives_exactly_both_ways_at_once()
    {
        await using SessionPair pair = await SessionPair.ConnectAsync();
        (SessionStream near, SessionStream far) = await pair.OpenAsync();
        byte[] there = RandomNumberGenerator.GetBytes(5_000_001);
        byte[] back = RandomNumberGenerator.GetBytes(3_000_003);

        Task writing = Task.WhenAll(WriteAllAsync(near, there), WriteAllAsync(far, back));
        Task<byte[]> readThere = far.ReadBytesToEndAsync();
        Task<byte[]> readBack = near.ReadBytesToEndAsync();

        await writing;
        Assert.Equal(there, await readThere);
        Assert.Equal(back, await readBack);

        static async Task WriteAllAsync(SessionStream stream, byte[] bytes)
        {
            await stream.WriteAsync(bytes, Deadline.Token);
            stream.EndWriting();
        }
    }
}
