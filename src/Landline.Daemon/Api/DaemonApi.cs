using System.Text.Json;
using Landline.Networking.FileDescriptors;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Api;

/// <summary>The daemon's HTTP API on a Unix socket; specified in docs/protocol/daemon-api.md.</summary>
internal static class DaemonApi
{
    private const UnixFileMode OwnerMayConnect = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="socketPath">Created at start, and removed at stop. Its directory must exist.</param>
    /// <param name="ownerUserId">Apart from root, the only user who may connect.</param>
    public static WebApplication Build(
        string socketPath, uint ownerUserId, IConnectionHost host, ILoggerFactory loggers)
    {
        ILogger logger = loggers.CreateLogger("Landline.Daemon.Api");

        // Empty, because the slim builder reads settings files and the environment, which are none of the daemon's.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(socketPath, listen => listen.Use(next => OnlyFor(ownerUserId, logger, next)));
        });

        WebApplication app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(() => File.SetUnixFileMode(socketPath, OwnerMayConnect));
        app.Use((context, next) => AnswerErrorsAsync(context, next, logger));
        app.MapGet("/v1/status", context => AnswerStatusAsync(context, host));
        app.MapPost("/v1/connection", context => ConnectAsync(context, host, logger));
        app.MapDelete("/v1/connection", context => DisconnectAsync(context, host));
        app.MapDelete("/v1/connection/holds/{hold}", context => ReleaseAsync(context, host));
        AttachmentsApi.Map(app, host, logger);
        return app;
    }

    private static Task AnswerStatusAsync(HttpContext context, IConnectionHost host) =>
        context.Response.WriteAsJsonAsync(
            host.Status, DaemonJson.Default.DaemonStatus, cancellationToken: context.RequestAborted);

    // The answer begins before anyone knows how it ends, so that a failure is its last line and not its status.
    private static async Task ConnectAsync(HttpContext context, IConnectionHost host, ILogger logger)
    {
        ConnectRequest request;
        try
        {
            request = await context.Request.ReadFromJsonAsync(DaemonJson.Default.ConnectRequest, context.RequestAborted)
                ?? throw new JsonException("The body is null.");
        }
        catch (JsonException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        EventLines.Begin(context);
        try
        {
            ConnectedEvent connected = await host.ConnectAsync(request, e => WriteAsync(context, e), context.RequestAborted);
            if (connected.Hold is { } hold)
            {
                await HoldAsync(context, host, connected, hold);
            }
            else
            {
                await WriteAsync(context, connected);
            }
        }
        catch (UserErrorException e)
        {
            logger.ConnectFailed(e.Code, e.Message);
            await WriteAsync(context, new FailedEvent(e.Code, e.Message, e.Hint));
        }
    }

    // The request's connection is the caller's life: the kernel closes it however the caller ends.
    private static async Task HoldAsync(HttpContext context, IConnectionHost host, ConnectedEvent connected, string hold)
    {
        Task<string> over = host.Over;
        try
        {
            await WriteAsync(context, connected);
            await WriteAsync(context, new ConnectionEndedEvent(await over.WaitAsync(context.RequestAborted)));
        }
        finally
        {
            // After a loss the daemon stays to say why, until its holder lets go.
            if (!over.IsCompleted)
            {
                await host.ReleaseAsync(hold);
            }
        }
    }

    private static async Task DisconnectAsync(HttpContext context, IConnectionHost host)
    {
        // The caller may go away; what was begun is ended all the same.
        await host.DisconnectAsync(CancellationToken.None);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task ReleaseAsync(HttpContext context, IConnectionHost host)
    {
        bool hasEnded = await host.ReleaseAsync((string)context.Request.RouteValues["hold"]!);
        context.Response.StatusCode = hasEnded ? StatusCodes.Status204NoContent : StatusCodes.Status200OK;
    }

    private static ValueTask WriteAsync(HttpContext context, ConnectEvent line) =>
        EventLines.WriteAsync(context, line, DaemonJson.Default.ConnectEvent);

    // Checked per connection, before any byte is parsed, with what the kernel says and not the client.
    private static ConnectionDelegate OnlyFor(uint ownerUserId, ILogger logger, ConnectionDelegate next) => connection =>
    {
        var socket = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
        uint user = PeerCredentials.Of(socket).UserId;
        if (user != ownerUserId && user != 0)
        {
            logger.Intruder(user);
            connection.Abort(new ConnectionAbortedException($"User {user} may not use this daemon."));
            return Task.CompletedTask;
        }

        return next(connection);
    };

    private static async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(context);
        }
        catch (UserErrorException e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await context.Response.WriteAsJsonAsync(
                new ApiError(e.Code, e.Message, e.Hint),
                DaemonJson.Default.ApiError,
                cancellationToken: context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (Exception e)
        {
            logger.Defect(e, context.Request.Method, context.Request.Path);
            context.Abort();
        }
    }
}
