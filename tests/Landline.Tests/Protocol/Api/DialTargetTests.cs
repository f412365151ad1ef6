using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Landline.Protocol.Api;

namespace Landline.Tests.Protocol.Api;

/// <summary>The layout is docs/protocol/session.md's; the manager reads it from whoever has a session.</summary>
public sealed class DialTargetTests
{
    public static TheoryData<DialTarget, byte[]> Documented => new()
    {
        { DialTarget.To(IPAddress.Parse("10.1.2.3"), 80), [1, 10, 1, 2, 3, 0, 80] },
        { DialTarget.To(IPAddress.Parse("fd00::2"), 8443), [2, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x20, 0xfb] },
        { DialTarget.To("db.shop", 65535), [3, .. "db.shop"u8, 0xff, 0xff] },
    };

    [Theory]
    [MemberData(nameof(Documented))]
    public void It_is_written_and_read_as_documented(DialTarget target, byte[] bytes)
    {
        byte[] written = new byte[DialTarget.LongestBytes];

        Assert.Equal(bytes, written[..DialTarget.Write(written, target)]);
        Assert.True(DialTarget.TryRead(bytes, out DialTarget read));
        Assert.Equal(target, read);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        Gen<DialTarget> addresses =
            from length in Gen.Elements(4, 16)
            from bytes in ArbMap.Default.GeneratorFor<byte>().ArrayOf(length)
            from port in ArbMap.Default.GeneratorFor<ushort>()
            select DialTarget.To(new IPAddress(bytes), port);
        Gen<DialTarget> names =
            from length in Gen.Choose(1, 253)
            from name in Gen.Elements("abcXYZ019-_.".ToCharArray()).ArrayOf(length)
            from port in ArbMap.Default.GeneratorFor<ushort>()
            select DialTarget.To(new string(name), port);

        Prop.ForAll(Gen.OneOf(addresses, names).ToArbitrary(), static target =>
        {
            byte[] written = new byte[DialTarget.LongestBytes];
            return DialTarget.TryRead(written.AsSpan(0, DialTarget.Write(written, target)), out DialTarget read) && read == target;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 0, 80 })]
    [InlineData(new byte[] { 1, 10, 1, 2, 0, 80 })]
    [InlineData(new byte[] { 1, 10, 1, 2, 3, 4, 0, 80 })]
    [InlineData(new byte[] { 2, 10, 1, 2, 3, 0, 80 })]
    [InlineData(new byte[] { 3, 0, 80 })]
    [InlineData(new byte[] { 3, 0x61, 0x20, 0x62, 0, 80 })]
    [InlineData(new byte[] { 3, 0x61, 0x0a, 0, 80 })]
    [InlineData(new byte[] { 3, 0xc3, 0xa9, 0, 80 })]
    [InlineData(new byte[] { 0, 10, 1, 2, 3, 0, 80 })]
    [InlineData(new byte[] { 4, 10, 1, 2, 3, 0, 80 })]
    public void What_no_peer_of_ours_writes_is_not_read(byte[] bytes) => Assert.False(DialTarget.TryRead(bytes, out _));

    [Fact]
    public void A_name_is_not_longer_than_names_can_be()
    {
        Assert.True(DialTarget.TryRead([3, .. Name(253), 0, 80], out _));
        Assert.False(DialTarget.TryRead([3, .. Name(254), 0, 80], out _));

        static byte[] Name(int length) => [.. Enumerable.Repeat((byte)'a', length)];
    }

    [Fact]
    public void Garbage_is_refused_or_means_what_would_be_written_for_it() => Prop.ForAll(
        Gen.OneOf(
            ArbMap.Default.GeneratorFor<byte[]>(),
            from kind in Gen.Choose(0, 4)
            from rest in ArbMap.Default.GeneratorFor<byte[]>()
            select (byte[])[(byte)kind, .. rest]).ToArbitrary(),
        static bytes =>
        {
            byte[] written = new byte[DialTarget.LongestBytes];
            return !DialTarget.TryRead(bytes, out DialTarget target) || written.AsSpan(0, DialTarget.Write(written, target)).SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();
}
