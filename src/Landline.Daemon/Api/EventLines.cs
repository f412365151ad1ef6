using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Landline.Daemon.Api;

/// <summary>An answer that tells what happens as it happens: one JSON event a line.</summary>
internal static class EventLines
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    public static void Begin(HttpContext context) => context.Response.ContentType = "application/x-ndjson";

    public static async ValueTask WriteAsync<T>(HttpContext context, T line, JsonTypeInfo<T> type)
    {
        await JsonSerializer.SerializeAsync(context.Response.Body, line, type, context.RequestAborted);
        await context.Response.Body.WriteAsync(NewLine, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
