using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>What an agent has beyond its session: a manager that passes everything on to a handler that answers, or does not.</summary>
internal sealed class WorkstationStandIn : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = PinnedTls.CreateCertificate(TimeProvider.System);
    private readonly ConcurrentQueue<Task> _serving = new();
    private readonly SessionServer _server;

    private WorkstationStandIn()
    {
        _server = new SessionServer(new SessionServerOptions
        {
            Certificate = _certificate,
            Authorize = static (identity, _) => Task.FromResult<object?>(identity.Fingerprint),
            OnNewSession = static (_, _) => { },
            Acceptor = (_, stream) => { _serving.Enqueue(ServeAsync(stream)); },
        });
        _listener.Start();
        AgentSide = new SessionClient(new SessionClientOptions
        {
            DialLink = DialAsync,
            Certificate = _certificate,
            PinnedFingerprint = () => PinnedTls.FingerprintOf(_certificate),
            Hello = static () => "{}"u8.ToArray(),
            Acceptor = static (_, stream) => stream.Refuse(new(StreamEndCode.NotAllowed, "nothing is served")),
        });
    }

    public enum Mood
    {
        Answers,
        Refuses,
        IsSilent,
    }

    public SessionClient AgentSide { get; }

    public Mood Handler { get; set; }

    /// <summary>What the handler says to what it was sent.</summary>
    public Func<string, string> Word { get; set; } = static _ => "workstation";

    /// <summary>What was asked for, in the order in which it was.</summary>
    public ConcurrentQueue<InboundOpen> Opened { get; } = new();

    public static async Task<WorkstationStandIn> StartAsync()
    {
        var made = new WorkstationStandIn();
        _ = made.AcceptAsync();
        await made.AgentSide.StartAsync(Deadline.Token);
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await AgentSide.DisposeAsync();
        await _stop.CancelAsync();
        await _server.DisposeAsync();
        _listener.Dispose();
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task<Stream> DialAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listener.LocalEndpoint, cancellationToken);
        return TcpLink.Prepare(socket);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
            _ = _server.ServeLinkAsync(TcpLink.Prepare(socket), _stop.Token);
        }
    }

    private async Task ServeAsync(SessionStream stream)
    {
        InboundOpen open = JsonSerializer.Deserialize(stream.OpenPayload.Span, ProtocolJson.Default.InboundOpen)!;
        Opened.Enqueue(open);
        switch (Handler)
        {
            case Mood.Refuses:
                stream.Refuse(new(StreamEndCode.Refused, "nobody listens"));
                break;
            case Mood.IsSilent:
                break;
            default:
                stream.Accept();
                await (open.Protocol == PortProtocol.Udp
                    ? AnswerDatagramsAsync(stream.AsStream())
                    : HttpAnswers.ServeAsync(stream.AsStream(), request => Word(request), _stop.Token));
                break;
        }
    }

    private async Task AnswerDatagramsAsync(Stream stream)
    {
        byte[] answer = [0, 11, .. "workstation"u8];
        byte[] buffer = new byte[2048];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), _stop.Token);
                await stream.ReadExactlyAsync(buffer.AsMemory(0, BinaryPrimitives.ReadUInt16BigEndian(buffer)), _stop.Token);
                await stream.WriteAsync(answer, _stop.Token);
            }
        }
        catch (IOException)
        {
            // The agent has ended the flow.
        }
    }
}
