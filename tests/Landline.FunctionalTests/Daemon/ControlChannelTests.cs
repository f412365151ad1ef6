using System.Security.Cryptography.X509Certificates;
using Landline.Daemon.Connections;
using Landline.FunctionalTests.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon;

/// <summary>What a manager says of the cluster before it knows it.</summary>
public sealed class ControlChannelTests : IAsyncLifetime
{
    private static readonly ClusterMessage Nothing = new() { ClusterDomain = "cluster.local", ManagerVersion = "1.0" };
    private readonly X509Certificate2 _certificate = PinnedTls.CreateCertificate(TimeProvider.System);
    private readonly ManagerStandIn _manager = new() { Cluster = Nothing };
    private readonly SessionClient _sessions;
    private readonly ControlChannel _control;
    private readonly List<ClusterMessage> _received = [];

    public ControlChannelTests()
    {
        _sessions = new SessionClient(new SessionClientOptions
        {
            DialLink = _manager.DialAsync,
            Certificate = _certificate,
            PinnedFingerprint = () => _manager.Fingerprint,
            Hello = static () => "{}"u8.ToArray(),
            Acceptor = static (_, stream) => stream.Refuse(new StreamEnd(StreamEndCode.Unavailable, "Nothing is attached.")),
        });
        _control = new ControlChannel(_sessions, TimeProvider.System, NullLogger.Instance);
        _control.Received += (message, _) =>
        {
            _received.Add((ClusterMessage)message);
            return Task.CompletedTask;
        };
    }

    public async ValueTask InitializeAsync()
    {
        await _sessions.StartAsync(Deadline.Token);
        _control.Start();
        await AttachmentScene.WaitUntilAsync(() => _control.ManagerKnowsNothing);
    }

    public async ValueTask DisposeAsync()
    {
        await _control.DisposeAsync();
        await _sessions.DisposeAsync();
        await _manager.DisposeAsync();
        _certificate.Dispose();
    }

    [Fact]
    public async Task A_cluster_that_the_manager_does_not_know_yet_is_waited_for()
    {
        Assert.False(_control.FirstCluster.IsCompleted);

        await _manager.TellAsync(Nothing with { ServiceSubnets = ["10.96.0.0/16"] });

        Assert.Equal(["10.96.0.0/16"], (await _control.FirstCluster.WaitAsync(Deadline.Token)).ServiceSubnets);
        Assert.False(_control.ManagerKnowsNothing);
    }

    [Fact]
    public async Task A_manager_that_has_just_started_takes_nothing_back_of_what_was_said_before()
    {
        await _manager.TellAsync(Nothing with { ServiceSubnets = ["10.96.0.0/16"], Namespaces = ["shop"] });
        await _control.FirstCluster.WaitAsync(Deadline.Token);

        await _manager.TellAsync(Nothing);
        await _manager.TellAsync(Nothing with { ServiceSubnets = ["10.97.0.0/16"], Namespaces = ["shop"] });
        await AttachmentScene.WaitUntilAsync(() => _received is [.., { ServiceSubnets: ["10.97.0.0/16"] }]);

        Assert.Equal(["10.96.0.0/16", "10.97.0.0/16"], _received.SelectMany(message => message.ServiceSubnets));
        Assert.Equal(2, _received.Count);
    }

    [Fact]
    public async Task A_manager_that_has_just_started_and_knows_a_part_takes_nothing_back_of_the_rest()
    {
        await _manager.TellAsync(Nothing with { ServiceSubnets = ["10.96.0.0/16"], PodSubnets = ["10.244.0.0/16"], Namespaces = ["shop"] });
        await _control.FirstCluster.WaitAsync(Deadline.Token);

        await _manager.TellAsync(Nothing with { ServiceSubnets = ["10.96.0.0/16"], Namespaces = ["shop", "dev"] });
        await _manager.TellAsync(Nothing with { Namespaces = ["shop"] });
        await AttachmentScene.WaitUntilAsync(() => _received.Count == 3);

        Assert.All(_received, message => Assert.Equal(["10.96.0.0/16", "10.244.0.0/16"], message.ServiceSubnets.Concat(message.PodSubnets)));
        Assert.Equal([1, 2, 1], _received.Select(message => message.Namespaces.Count));
    }
}
