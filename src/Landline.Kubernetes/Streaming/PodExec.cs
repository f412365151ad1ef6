using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;

namespace Landline.Kubernetes.Streaming;

/// <summary>
/// One run of a program in a container. Each message begins with a byte that says the channel: 0 standard input, 1
/// standard output, 2 standard error, 3 the outcome (a Status object), 255 (v5 only) end of the channel that follows.
/// </summary>
internal sealed class PodExec(WebSocket socket, string target)
{
    private const byte Input = 0;
    private const byte Output = 1;
    private const byte Errors = 2;
    private const byte Outcome = 3;
    private const byte EndOfChannel = 255;
    private const string WithEnd = "v5.channel.k8s.io";

    public static IReadOnlyList<string> Subprotocols { get; } = [WithEnd, "v4.channel.k8s.io"];

    /// <exception cref="IOException">The connection broke, or the program could not be started.</exception>
    public async Task<int> RunAsync(Stream? input, Stream output, Stream errors, CancellationToken cancellationToken)
    {
        using var finished = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task sending = input is null ? Task.CompletedTask : SendAsync(input, finished.Token);
        try
        {
            return await ReceiveAsync(output, errors, cancellationToken);
        }
        catch (WebSocketException e)
        {
            throw new IOException($"The connection to {target} broke: {e.Message}", e);
        }
        finally
        {
            await finished.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // The outcome counts, not unread input.
        }
    }

    private async Task<int> ReceiveAsync(Stream output, Stream errors, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        using var outcome = new MemoryStream();
        Stream? target = null;
        while (true)
        {
            ValueWebSocketReceiveResult part;
            try
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            }
            catch (WebSocketException) when (outcome.Length > 0)
            {
                return ExitCode(outcome.ToArray()); // Hung up without a goodbye, but after all was said.
            }

            if (part.MessageType == WebSocketMessageType.Close)
            {
                return ExitCode(outcome.ToArray());
            }

            ReadOnlyMemory<byte> data = buffer.AsMemory(0, part.Count);
            if (target is null && data.Length > 0)
            {
                target = data.Span[0] switch
                {
                    Output => output,
                    Errors => errors,
                    Outcome => outcome,
                    _ => Stream.Null,
                };
                data = data[1..];
            }

            if (target is not null)
            {
                await target.WriteAsync(data, cancellationToken);
            }

            if (part.EndOfMessage)
            {
                target = null;
            }
        }
    }

    private async Task SendAsync(Stream input, CancellationToken cancellationToken)
    {
        byte[] message = new byte[32 * 1024];
        message[0] = Input;
        while (await input.ReadAsync(message.AsMemory(1), cancellationToken) is > 0 and var count)
        {
            await socket.SendAsync(message.AsMemory(0, 1 + count), WebSocketMessageType.Binary, true, cancellationToken);
        }

        if (socket.SubProtocol == WithEnd)
        {
            byte[] end = [EndOfChannel, Input];
            await socket.SendAsync(end.AsMemory(), WebSocketMessageType.Binary, true, cancellationToken);
        }
    }

    private int ExitCode(byte[] outcome)
    {
        ApiStatus? status = outcome.Length == 0
            ? null
            : JsonSerializer.Deserialize(outcome, KubernetesJson.Default.ApiStatus);
        string? code = status?.Details?.Causes.FirstOrDefault(cause => cause.Reason == "ExitCode")?.Message;
        return status switch
        {
            { Status: "Success" } => 0,
            not null when int.TryParse(code, CultureInfo.InvariantCulture, out int exitCode) => exitCode,
            _ => throw new IOException(
                $"The program in {target} ended without an outcome: {status?.Message ?? "the connection was closed"}"),
        };
    }
}
