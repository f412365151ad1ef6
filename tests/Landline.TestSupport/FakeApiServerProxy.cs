using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Landline.TestSupport;

/// <summary>
/// The proxy for pods as an API server does it for upgrades: it connects to the pod, repeats the request without the user's credentials,
/// and when the answer is 101 passes on bytes both ways.
/// </summary>
internal static class FakeApiServerProxy
{
    public static async Task HandleAsync(HttpContext context, IPEndPoint? target, string path)
    {
        using var pod = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await pod.ConnectAsync(target ?? throw new SocketException((int)SocketError.ConnectionRefused), context.RequestAborted);
        }
        catch (SocketException)
        {
            await FakeApiServerResources.WriteStatusAsync(
                context, 503, "ServiceUnavailable", "error trying to reach service: dial tcp: connect: connection refused");
            return;
        }

        await using var connection = new NetworkStream(pod);
        var request = new StringBuilder($"{context.Request.Method} {path} HTTP/1.1\r\n");
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in context.Request.Headers.Where(header => header.Key != "Authorization"))
        {
            request.Append(name).Append(": ").Append(value.ToString()).Append("\r\n");
        }

        request.Append("X-Forwarded-For: 192.0.2.1\r\n\r\n");
        await connection.WriteAsync(Encoding.ASCII.GetBytes(request.ToString()), context.RequestAborted);
        string[] head = await ReadHeadAsync(connection, context.RequestAborted);
        int status = int.Parse(head[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        if (status != StatusCodes.Status101SwitchingProtocols)
        {
            context.Response.StatusCode = status;
            return;
        }

        foreach (string[] field in head[1..].Select(line => line.Split(": ", 2)))
        {
            context.Response.Headers[field[0]] = field[1];
        }

        await using Stream user = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        Task up = user.CopyToAsync(connection, context.RequestAborted);
        Task down = connection.CopyToAsync(user, context.RequestAborted);
        await Task.WhenAny(up, down); // Either end closes both, as an API server does.
        context.Abort();
        pod.Dispose();
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<string[]> ReadHeadAsync(Stream connection, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        byte[] next = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await connection.ReadExactlyAsync(next, cancellationToken);
            text.Append((char)next[0]);
        }

        return text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
