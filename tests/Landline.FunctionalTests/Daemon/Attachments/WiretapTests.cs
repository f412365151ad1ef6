using System.Net.Sockets;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

public sealed class WiretapTests
{
    [Fact]
    public async Task The_handler_gets_everything_and_what_it_answers_goes_nowhere()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using TcpListener handler = Handlers.Listen();
        scene.Manager.Answer = _ => ManagerStandIn.Active(8080, handler.Port());
        await scene.AttachAsync(AttachmentScene.Request("web", AttachmentType.Wiretap));

        (SessionStream copy, StreamEnd? refusal) = await scene.CallAsync("web", copy: true);
        using Socket accepted = await handler.AcceptSocketAsync(Deadline.Token);
        Assert.Null(refusal);
        await accepted.SendAsync("an answer"u8.ToArray(), Deadline.Token);
        await copy.WriteAsync("a request"u8.ToArray(), Deadline.Token);
        copy.EndWriting();

        Assert.Equal("a request", await accepted.ReadToEndAsync());
        accepted.Dispose();
        Assert.Equal("", await copy.ReadToEndAsync());
        Assert.Null(await copy.Completion.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_handler_that_does_not_read_loses_its_copy_after_five_seconds()
    {
        var time = new ManualTime();
        await using AttachmentScene scene = await AttachmentScene.StartAsync(time);
        using TcpListener handler = Handlers.Listen();
        scene.Manager.Answer = _ => ManagerStandIn.Active(8080, handler.Port());
        await scene.AttachAsync(AttachmentScene.Request("web", AttachmentType.Wiretap));
        (SessionStream copy, _) = await scene.CallAsync("web", copy: true);
        using Socket accepted = await handler.AcceptSocketAsync(Deadline.Token);

        Task flooding = Assert.ThrowsAsync<StreamEndedException>(async () =>
        {
            byte[] block = new byte[256 * 1024];
            while (true)
            {
                await copy.WriteAsync(block, Deadline.Token);
            }
        });
        await AttachmentScene.WaitUntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return flooding.IsCompleted;
        });

        await flooding;
        Assert.Equal(StreamEndCode.Canceled, (await copy.Completion.WaitAsync(Deadline.Token))!.Code);
    }
}
