using System.Text.Json;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Api;

/// <summary>The part of the daemon's API that is about workloads; specified in docs/protocol/daemon-api.md.</summary>
internal static class AttachmentsApi
{
    public static void Map(WebApplication app, IConnectionHost host, ILogger logger)
    {
        app.MapPost("/v1/attachments", context => AttachAsync(context, host, logger));
        app.MapDelete("/v1/attachments/{name}", context => DetachAsync(context, host));
        app.MapGet("/v1/attachments/{name}/environment", context => AnswerEnvironmentAsync(context, host));
        app.MapGet("/v1/workloads", context => AnswerWorkloadsAsync(context, host));
    }

    // As for a connection, the answer begins before anyone knows how it ends.
    private static async Task AttachAsync(HttpContext context, IConnectionHost host, ILogger logger)
    {
        AttachRequest request;
        try
        {
            request = await context.Request.ReadFromJsonAsync(DaemonJson.Default.AttachRequest, context.RequestAborted)
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
            AttachmentSet attachments = host.Attachments;
            Attachment attachment = await attachments.AttachAsync(
                request, line => WriteAsync(context, line), context.RequestAborted);
            await TellAsync(context, request, attachments, attachment);
        }
        catch (UserErrorException e)
        {
            logger.AttachFailed(request.Name, e.Code, e.Message);
            await WriteAsync(context, new AttachFailedEvent(e.Code, e.Message, e.Hint));
        }
    }

    // The request's connection is the caller's life: the kernel closes it however the caller ends. A caller that never
    // heard of its attachment will not detach it either.
    private static async Task TellAsync(
        HttpContext context, AttachRequest request, AttachmentSet attachments, Attachment attachment)
    {
        bool isKept = false;
        try
        {
            await WriteAsync(context, new AttachedEvent(attachment.Describe(), attachments.WarningsOf(attachment)));
            isKept = !request.Hold;
            if (request.Hold)
            {
                AttachmentEnd end = await attachment.Ended.WaitAsync(context.RequestAborted);
                if (end.IsMeant)
                {
                    // The command is told to end by this: not before it has answered what it was asked.
                    await attachment.Closed.WaitAsync(context.RequestAborted);
                }

                await WriteAsync(context, new AttachmentEndedEvent(end.Reason, end.IsMeant));
            }
        }
        finally
        {
            if (!isKept)
            {
                await attachments.EndAsync(attachment);
            }
        }
    }

    private static async Task DetachAsync(HttpContext context, IConnectionHost host)
    {
        await host.Attachments.DetachAsync(NameOf(context));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task AnswerEnvironmentAsync(HttpContext context, IConnectionHost host)
    {
        WorkloadEnvironment environment = await host.Attachments.ReadEnvironmentAsync(NameOf(context), context.RequestAborted);
        await context.Response.WriteAsJsonAsync(
            environment, DaemonJson.Default.WorkloadEnvironment, cancellationToken: context.RequestAborted);
    }

    private static async Task AnswerWorkloadsAsync(HttpContext context, IConnectionHost host)
    {
        WorkloadReport workloads = await host.Attachments.ListWorkloadsAsync(context.RequestAborted);
        await context.Response.WriteAsJsonAsync(
            workloads, DaemonJson.Default.WorkloadReport, cancellationToken: context.RequestAborted);
    }

    private static string NameOf(HttpContext context) => (string)context.Request.RouteValues["name"]!;

    private static ValueTask WriteAsync(HttpContext context, AttachEvent line) =>
        EventLines.WriteAsync(context, line, DaemonJson.Default.AttachEvent);
}
