using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Landline.Protocol.Api;
using Landline.Protocol.Loops;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>
/// Brings connections that an agent captured to the handler. A stream is accepted only when the handler has, so that the
/// agent can let the original answer instead.
/// </summary>
internal sealed class InboundAcceptor(Func<string, Attachment?> find, TimeProvider time, ILogger logger)
{
    /// <summary>A handler on this machine answers in microseconds; the agent waits 1.5 s until the original gets the caller.</summary>
    private static readonly TimeSpan LongestDial = TimeSpan.FromSeconds(1);

    /// <summary>More TCP connections at once are refused: each takes a descriptor of this process and of the handler's.</summary>
    private const int MostConnections = 4096;

    /// <summary>As many as an agent keeps for one port; beyond that a new flow of datagrams takes the place of an old one.</summary>
    public const int MostFlows = 4096;

    private static readonly StreamEnd NothingAttached =
        new(StreamEndCode.Unavailable, "The workstation has no such attachment.");

    private static readonly StreamEnd TooMany =
        new(StreamEndCode.TooMany, "Too many connections are open to the workstation's handlers.");

    private readonly FlowPlaces _flows = new(MostFlows, time);
    private int _connections;

    /// <summary>Called on the link's reader: returns at once.</summary>
    public void Accept(SessionStream stream)
    {
        if (Read(stream) is not { } open
            || find(open.Attachment) is not { } attachment
            || attachment.Status.Ports.FirstOrDefault(port => port.Port == open.Port && port.Protocol == open.Protocol) is not { } port)
        {
            stream.Refuse(NothingAttached);
            return;
        }

        if (!attachment.Connections.TryBegin())
        {
            stream.Refuse(NothingAttached);
            return;
        }

        _ = open.Protocol == PortProtocol.Udp
            ? ServeDatagramsAsync(stream, attachment, open, port.WorkstationPort)
            : ServeConnectionAsync(stream, attachment, open, port.WorkstationPort);
    }

    private static InboundOpen? Read(SessionStream stream)
    {
        try
        {
            return stream.Kind == StreamKind.Inbound
                ? JsonSerializer.Deserialize(stream.OpenPayload.Span, ProtocolJson.Default.InboundOpen)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Awaited through the attachment's open work.
    private async Task ServeConnectionAsync(SessionStream stream, Attachment attachment, InboundOpen open, int handlerPort)
    {
        try
        {
            if (Interlocked.Increment(ref _connections) > MostConnections)
            {
                stream.Refuse(TooMany);
            }
            else if (await DialAsync(attachment, PortProtocol.Tcp, handlerPort, stream) is { } handler)
            {
                stream.Accept();
                await (open.Copy
                    ? CopiedConnection.RunAsync(handler, stream, time, attachment.IsCut)
                    : SocketRelay.RunAsync(handler, stream, attachment.IsCut));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
            attachment.Connections.End();
        }
    }

    // Awaited through the attachment's open work.
    private async Task ServeDatagramsAsync(SessionStream stream, Attachment attachment, InboundOpen open, int handlerPort)
    {
        try
        {
            using FlowLife life = _flows.Take(FlowLife.LongestSilence);
            if (await DialAsync(attachment, PortProtocol.Udp, handlerPort, stream) is { } handler)
            {
                stream.Accept();
                await DatagramRelay.RunAsync(handler, stream, discardsAnswers: open.Copy, life, attachment.IsCut);
            }
        }
        finally
        {
            attachment.Connections.End();
        }
    }

    /// <summary>Null: the handler is not there, and the stream has been refused.</summary>
    private async ValueTask<Socket?> DialAsync(Attachment attachment, PortProtocol protocol, int port, SessionStream stream)
    {
        var target = new DnsEndPoint(attachment.HandlerAddress?.ToString() ?? attachment.HandlerHost, port);
        using var deadline = new CancellationTokenSource(LongestDial, time);
        try
        {
            return protocol == PortProtocol.Tcp
                ? await LoopDial.ConnectAsync(target, EventLoop.Main, deadline.Token)
                : await OpenUdpAsync(target, deadline.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            string handler = $"{attachment.HandlerHost}:{port}";
            logger.HandlerAway(attachment.Id, handler, e.Message);
            stream.Refuse(new StreamEnd(CodeOf(e), $"Nothing answers at {handler} on the workstation."));
            return null;
        }
    }

    private static async Task<Socket> OpenUdpAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return UdpListeners.MayListen(((IPEndPoint)socket.RemoteEndPoint!).Address, target.Port)
                ? socket
                : throw new SocketException((int)SocketError.ConnectionRefused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static StreamEndCode CodeOf(Exception failure) => failure switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => StreamEndCode.Refused,
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            StreamEndCode.NameNotFound,
        OperationCanceledException or SocketException { SocketErrorCode: SocketError.TimedOut } => StreamEndCode.TimedOut,
        _ => StreamEndCode.Unavailable,
    };
}
