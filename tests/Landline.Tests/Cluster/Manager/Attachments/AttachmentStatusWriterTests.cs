using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Attachments;

/// <summary>A status reaches its object however often the API server fails before.</summary>
public sealed class AttachmentStatusWriterTests : IAsyncLifetime
{
    private const string Web = "/apis/landline.dev/v1/namespaces/shop/attachments/web";

    private static readonly ObjectKey Key = new("shop", "web");

    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private ApiServerScene _scene = null!;
    private AttachmentStatusWriter _writer = null!;
    private string _uid = "";
    private Task _running = null!;
    private int _failures; // Still to come.
    private int _patches;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        _uid = Put();
        _scene.Server.Answer = FailAsync;
        _writer = new AttachmentStatusWriter(_scene.Client, _time, NullLogger.Instance);
        _running = _writer.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        await _scene.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task What_could_not_be_written_is_written_later_and_each_pause_is_twice_the_one_before()
    {
        _failures = 3;
        _writer.Write(Key, _uid, Status(AttachmentPhase.Active));

        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(1), Deadline.Token);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(2), Deadline.Token);
        Assert.Null(Phase);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(4), Deadline.Token);

        await UntilAsync(() => Phase == "Active");
    }

    [Fact]
    public async Task Only_the_newest_is_tried_again()
    {
        _failures = 1;
        _writer.Write(Key, _uid, Status(AttachmentPhase.Pending));
        await UntilAsync(() => Volatile.Read(ref _patches) == 1);
        _writer.Write(Key, _uid, Status(AttachmentPhase.Active));
        await UntilAsync(() => Phase == "Active");

        _time.Advance(TimeSpan.FromMinutes(5));
        _writer.Write(new ObjectKey("shop", "none"), "none", Status(AttachmentPhase.Active)); // Whatever is written after this came later.
        await UntilAsync(() => Volatile.Read(ref _patches) == 3);

        Assert.Equal("Active", Phase);
    }

    [Fact]
    public async Task An_object_that_is_gone_is_not_tried_again()
    {
        var other = new ObjectKey("shop", "none");
        _writer.Write(other, "none", Status(AttachmentPhase.Active));
        await UntilAsync(() => Volatile.Read(ref _patches) == 1);

        await _time.AdvanceToTimerAsync(TimeSpan.FromMinutes(1), Deadline.Token); // There is nothing to be looked at earlier.
        _writer.Write(Key, _uid, Status(AttachmentPhase.Active));
        await UntilAsync(() => Phase == "Active");

        Assert.Equal(2, _patches);
    }

    [Fact]
    public async Task Another_object_of_the_same_name_does_not_get_it()
    {
        _scene.Server.Objects.Delete(Web);
        string uid = Put();

        _writer.Write(Key, _uid, Status(AttachmentPhase.Refused));
        await UntilAsync(() => Volatile.Read(ref _patches) == 1);
        await _time.AdvanceToTimerAsync(TimeSpan.FromMinutes(1), Deadline.Token); // It is not tried again earlier.

        Assert.Null(Phase);
        _writer.Write(Key, uid, Status(AttachmentPhase.Active));
        await UntilAsync(() => Phase == "Active");
        Assert.Equal(2, _patches);
    }

    // Returns its uid.
    private string Put() => _scene.Server.Objects.Put(
        Web, new JsonObject { ["spec"] = new JsonObject { ["connection"] = "alice" } })["metadata"]!["uid"]!.ToString();

    private static AttachmentStatus Status(AttachmentPhase phase) => new() { Phase = phase };

    private string? Phase => _scene.Server.Objects.Get(Web)!["status"]?["phase"]?.ToString();

    // A refusal that the client itself does not repeat.
    private async Task<bool> FailAsync(HttpContext context)
    {
        if (context.Request.Method != HttpMethods.Patch)
        {
            return false;
        }

        Interlocked.Increment(ref _patches);
        if (Interlocked.Decrement(ref _failures) < 0)
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        await context.Response.WriteAsync("{}");
        return true;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, deadline);
        }
    }
}
