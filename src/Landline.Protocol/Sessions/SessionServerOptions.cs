using System.Security.Cryptography.X509Certificates;

namespace Landline.Protocol.Sessions;

/// <summary>Who asks for a session: proven by TLS (the fingerprint) and claimed (the hello's JSON).</summary>
public sealed record ClientIdentity(string Fingerprint, ReadOnlyMemory<byte> HelloJson);

/// <summary>What a <see cref="SessionServer"/> is and whom it lets in.</summary>
public sealed class SessionServerOptions
{
    /// <summary>With private key; clients pin its fingerprint.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Null = the link is closed without a byte of ours. May throw <see cref="SessionRefusedException"/> to tell an authenticated peer why not.</summary>
    public required Func<ClientIdentity, CancellationToken, Task<object?>> Authorize { get; init; }

    /// <summary>Called before any stream of the session is accepted, with what Authorize returned.</summary>
    public required Action<Session, object> OnNewSession { get; init; }

    /// <summary>For streams that the client opens.</summary>
    public required StreamAcceptor Acceptor { get; init; }

    /// <summary>JSON for the client, at most 16 KiB.</summary>
    public Func<ReadOnlyMemory<byte>> Hello { get; init; } = static () => "{}"u8.ToArray();

    /// <summary>How long a session without a link is kept, from what Authorize returned.</summary>
    public Func<object, TimeSpan> Grace { get; init; } = static _ => TimeSpan.FromMinutes(2);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public KeepAlive KeepAlive { get; init; } = KeepAlive.Default;

    /// <summary>For TLS handshake, hello and authorization together.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>So many links may be in their handshake at once; beyond that see <see cref="Handshakes"/>.</summary>
    public int ConcurrentHandshakes { get; init; } = 64;

    /// <summary>Told of links that failed or were turned away, for logs and counters.</summary>
    public Action<Exception>? OnLinkFailed { get; init; }
}
