using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Agent.Http;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

// server PORT          answers every request with a few bytes, HTTP/1.1 and HTTP/2 on PORT and PORT + 1
// router PORT ORIGINAL HANDLER   the agent's filter: requests with "x-user: alice" go to HANDLER, the rest to ORIGINAL
int port = int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture);
if (args[0] == "server")
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.ConfigureKestrel(options =>
    {
        options.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http1);
        options.ListenLocalhost(port + 1, listen => listen.Protocols = HttpProtocols.Http2);
    });
    WebApplication app = builder.Build();
    app.Run(context => context.Response.WriteAsync("hello"));
    await app.RunAsync();
    return;
}

HttpFilter.TryCompile(new HttpMatch { Headers = [new HttpValueMatch { Name = "x-user", Value = "alice" }] }, out HttpFilter filter, out _);
var table = new FilterTable();
table.Replace([new FilteredAttachment("bench/handler", filter, WhenUnavailable.Fallback, ForwardSourceAddress: false)]);
var targets = new RouterTargets
{
    Filters = table,
    DialOriginal = cancellationToken => DialAsync(args[2], cancellationToken),
    DialWorkstation = (_, cancellationToken) => DialAsync(args[3], cancellationToken),
};
var listener = new TcpListener(IPAddress.Loopback, port);
listener.Start(512);
var connections = new List<Task>();
while (true)
{
    connections.RemoveAll(connection => connection.IsCompleted);
    connections.Add(HttpRouter.ServeAsync(await listener.AcceptSocketAsync(), targets, CancellationToken.None));
}

static async ValueTask<Stream> DialAsync(string port, CancellationToken cancellationToken)
{
    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    await socket.ConnectAsync(IPAddress.Loopback, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), cancellationToken);
    return new NetworkStream(socket, ownsSocket: true);
}
