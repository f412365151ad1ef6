using System.Diagnostics;
using System.Globalization;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>The real gRPC library on both ends (Debian's python3-grpcio): unary, streaming three ways, errors, deadlines.</summary>
public sealed class GrpcTests
{
    private const string Python = "/usr/bin/python3";
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "AgentHttp", "grpc_peer.py");

    [Fact]
    public async Task Calls_of_every_kind_go_where_their_metadata_say()
    {
        Assert.SkipUnless(File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/grpc"), "python3-grpcio is not installed.");
        using Process original = Start("server", "original");
        using Process handler = Start("server", "handler");
        try
        {
            await using var router = new RouterHost(await PortAsync(original), await PortAsync(handler));

            string[] outputs = await Task.WhenAll(
                ClientAsync(router, "handler", "x-user=alice"), ClientAsync(router, "original", "x-user=bob"));

            Assert.Equal(["ok\n", "ok\n"], outputs);
            Assert.Equal("cancelled", await handler.StandardOutput.ReadLineAsync(Deadline.Token));
        }
        finally
        {
            original.Kill();
            handler.Kill();
        }
    }

    private static async Task<string> ClientAsync(RouterHost router, string name, string metadata)
    {
        using Process client = Start("client", router.Port.ToString(CultureInfo.InvariantCulture), name, metadata);
        Task<string> errors = client.StandardError.ReadToEndAsync(Deadline.Token);
        string output = await client.StandardOutput.ReadToEndAsync(Deadline.Token);
        return output + await errors;
    }

    private static async Task<int> PortAsync(Process server) =>
        int.Parse((await server.StandardOutput.ReadLineAsync(Deadline.Token))!, CultureInfo.InvariantCulture);

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(Python, [Script, .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
