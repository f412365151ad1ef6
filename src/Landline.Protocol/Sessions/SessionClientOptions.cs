using System.Security.Cryptography.X509Certificates;

namespace Landline.Protocol.Sessions;

/// <summary>What a <see cref="SessionClient"/> needs to reach and to recognise its server.</summary>
public sealed class SessionClientOptions
{
    /// <summary>Makes a raw link (through the API server, a TCP connection). The client owns and disposes what it returns.</summary>
    public required Func<CancellationToken, Task<Stream>> DialLink { get; init; }

    /// <summary>With private key; the server knows its fingerprint.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Asked after each dial, so that DialLink may have refreshed it. "sha256:…" of the server's certificate.</summary>
    public required Func<string> PinnedFingerprint { get; init; }

    /// <summary>JSON for the server, at most 16 KiB. Asked for on each dial (tokens expire).</summary>
    public required Func<ReadOnlyMemory<byte>> Hello { get; init; }

    /// <summary>For streams that the server opens.</summary>
    public required StreamAcceptor Acceptor { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public KeepAlive KeepAlive { get; init; } = KeepAlive.Default;

    /// <summary>For one attempt: dial, TLS and hello together.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
