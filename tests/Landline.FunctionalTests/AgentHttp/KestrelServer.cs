using System.Security.Cryptography;
using System.Text;
using Landline.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>A real web server that says who it is: the original or a handler, over HTTP/1.1 or HTTP/2 without TLS.</summary>
internal sealed class KestrelServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelServer(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Completes when a request was aborted by its client.</summary>
    public TaskCompletionSource Aborted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<KestrelServer> StartAsync(string name, HttpProtocols protocols)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
        });
        WebApplication app = builder.Build();
        var server = new KestrelServer(app);
        app.UseWebSockets();
        app.Map("/who", (HttpContext context) => context.Response.WriteAsync($"{name} {context.Request.Method} {context.Request.Protocol}"));
        app.Map("/headers", (HttpContext context) => context.Response.WriteAsync(
            string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}={header.Value}"))));
        app.Map("/hash", async (HttpContext context) => await context.Response.WriteAsync(
            Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted))));
        app.Map("/bytes/{count:int}", async (HttpContext context, int count) =>
        {
            byte[] block = new byte[65536];
            for (int sent = 0; sent < count; sent += block.Length)
            {
                block.AsSpan().Fill((byte)(sent >> 16));
                await context.Response.Body.WriteAsync(block.AsMemory(0, Math.Min(block.Length, count - sent)), context.RequestAborted);
            }
        });
        app.Map("/echo", (HttpContext context) => EchoAsync(context, name));
        app.Map("/socket", (HttpContext context) => EchoMessagesAsync(context, name));
        app.Map("/wait", server.WaitAsync);
        app.Map("/abort", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>The shape of a gRPC call with streaming both ways: messages as they come, then trailers.</summary>
    private static async Task EchoAsync(HttpContext context, string name)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.FlushAsync();
        byte[] buffer = new byte[16384];
        while (await context.Request.Body.ReadAsync(buffer) is var count and > 0)
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(name + ":"));
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
            await context.Response.Body.FlushAsync();
        }

        context.Response.AppendTrailer("grpc-status", "0");
        context.Response.AppendTrailer("x-server", name);
    }

    private static async Task EchoMessagesAsync(HttpContext context, string name)
    {
        using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[65536];
        await socket.SendAsync(Encoding.UTF8.GetBytes(name), System.Net.WebSockets.WebSocketMessageType.Text, true, Deadline.Token);
        while (await socket.ReceiveAsync(buffer, Deadline.Token) is { CloseStatus: null } message)
        {
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, Deadline.Token);
        }

        await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, "done", Deadline.Token);
    }

    private async Task WaitAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync();
        var aborted = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = context.RequestAborted.Register(aborted.SetResult);
        await aborted.Task;
        Aborted.TrySetResult();
    }
}
