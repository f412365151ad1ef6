using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Manager.Outbound;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Manager.Outbound;

public sealed class DialPolicyTests
{
    private static readonly DialPolicy Policy = new(
        [IPAddress.Parse("10.244.1.7"), IPAddress.Parse("fd00::7")], [IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("2001:db8::/32")]);

    [Theory]
    [InlineData("10.96.0.1", 443, true)]
    [InlineData("fd00::1", 443, true)]
    [InlineData("10.244.1.7", 80, true)]
    [InlineData("10.244.1.7", 7070, false)]
    [InlineData("10.244.1.7", 7071, false)]
    [InlineData("10.244.1.7", 7072, false)]
    [InlineData("64:ff9b::10.244.1.7", 7072, false)]
    [InlineData("fd00::7", 7071, false)]
    [InlineData("127.0.0.1", 80, false)]
    [InlineData("127.9.9.9", 80, false)]
    [InlineData("::1", 80, false)]
    [InlineData("::ffff:127.0.0.1", 80, false)]
    [InlineData("::ffff:169.254.169.254", 80, false)]
    [InlineData("::ffff:10.244.1.7", 7071, false)]
    [InlineData("0.0.0.0", 80, false)]
    [InlineData("0.1.2.3", 80, false)]
    [InlineData("::", 80, false)]
    [InlineData("169.254.169.254", 80, false)]
    [InlineData("fe80::1", 80, false)]
    [InlineData("224.0.0.251", 5353, false)]
    [InlineData("255.255.255.255", 67, false)]
    [InlineData("ff02::1", 80, false)]
    [InlineData("fd00:ec2::254", 80, false)]
    [InlineData("fd00:ec2::23", 80, false)]
    [InlineData("fd00:ec2::253", 53, true)]
    [InlineData("fd20:ce::254", 80, false)]
    [InlineData("fd00:c1::a9fe:a9fe", 80, false)]
    [InlineData("fd00:42::42", 80, false)]
    [InlineData("168.63.129.16", 80, false)]
    [InlineData("168.63.129.17", 80, true)]
    [InlineData("100.100.100.200", 80, false)]
    [InlineData("::ffff:100.100.100.200", 80, false)]
    [InlineData("64:ff9b::169.254.169.254", 80, false)]
    [InlineData("64:ff9b::127.0.0.1", 80, false)]
    [InlineData("64:ff9b::168.63.129.16", 80, false)]
    [InlineData("64:ff9b::10.244.1.7", 7070, false)]
    [InlineData("64:ff9b::203.0.113.9", 443, false)]
    [InlineData("64:ff9b::198.51.100.1", 443, true)]
    [InlineData("203.0.113.9", 443, false)]
    [InlineData("2001:db8::1", 443, false)]
    [InlineData("2001:db9::1", 443, true)]
    public void The_managers_own_pod_and_node_are_out_of_bounds(string address, int port, bool allowed) =>
        Assert.Equal(allowed, Policy.Refusal(DialPolicy.Normalize(IPAddress.Parse(address)), port) is null);

    [Fact]
    public void What_the_administrator_denies_is_refused_with_the_subnet() => Assert.Equal(
        "the cluster's administrator denies 203.0.113.0/24", Policy.Refusal(IPAddress.Parse("203.0.113.9"), 443));

    [Theory]
    [InlineData("127.0.0.1", StreamEndCode.NotAllowed)]
    [InlineData("no-such-name.invalid", StreamEndCode.NameNotFound)]
    public async Task A_target_that_may_not_be_dialled_is_refused_with_the_reason(string host, StreamEndCode expected)
    {
        byte[] payload = new byte[DialTarget.LongestBytes];
        int length = DialTarget.Write(payload, DialTarget.To(host, 80));

        var refusal = await Assert.ThrowsAsync<StreamEndedException>(
            async () => await new TargetResolver(Policy).ResolveAsync(payload.AsMemory(0, length), Deadline.Token));

        // A machine without any resolver says that it did not answer.
        Assert.True(refusal.End.Code == expected || refusal.End.Code == StreamEndCode.TimedOut, refusal.End.ToString());
    }

    [Fact]
    public async Task What_is_no_target_breaks_the_protocol()
    {
        var refusal = await Assert.ThrowsAsync<StreamEndedException>(
            async () => await new TargetResolver(Policy).ResolveAsync(new byte[] { 9, 9 }, Deadline.Token));

        Assert.Equal(StreamEndCode.ProtocolError, refusal.End.Code);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, StreamEndCode.Refused)]
    [InlineData(SocketError.NetworkUnreachable, StreamEndCode.NetworkUnreachable)]
    [InlineData(SocketError.AddressFamilyNotSupported, StreamEndCode.NetworkUnreachable)]
    [InlineData(SocketError.HostUnreachable, StreamEndCode.HostUnreachable)]
    [InlineData(SocketError.TimedOut, StreamEndCode.TimedOut)]
    [InlineData(SocketError.AccessDenied, StreamEndCode.NotAllowed)]
    [InlineData(SocketError.TooManyOpenSockets, StreamEndCode.TooMany)]
    [InlineData(SocketError.HostNotFound, StreamEndCode.NameNotFound)]
    [InlineData(SocketError.ProtocolOption, StreamEndCode.Failed)]
    public void The_workstation_sees_the_failure_that_the_manager_saw(SocketError error, StreamEndCode expected) =>
        Assert.Equal(expected, DialFailure.Of(new SocketException((int)error), "10.0.0.1:80").Code);
}
