using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Manager.Dns;

namespace Landline.Tests.Cluster.Manager.Dns;

public sealed class DnsMessageTests
{
    // Id 0x1234, recursion desired, one question: "ab" A IN.
    private static readonly byte[] Query = Convert.FromHexString("12340100000100000000000002616200" + "00010001");

    [Fact]
    public void A_failure_repeats_the_question_and_says_server_failure() => Assert.Equal(
        "12348102000100000000000002616200" + "00010001", Convert.ToHexString(DnsMessage.Failure(Query)), ignoreCase: true);

    [Theory]
    [InlineData("12348180000100000000000002616200" + "00010001", true)]
    [InlineData("12348180000100000000000002414200" + "00010001", true)] // The name in capitals.
    [InlineData("12348182000000000000000", false)]
    [InlineData("123481820000000000000000", true)] // A failure without a question.
    [InlineData("12358180000100000000000002616200" + "00010001", false)] // Another id.
    [InlineData("12348180000100000000000002616300" + "00010001", false)] // Another name.
    [InlineData("12348180000100000000000002616200" + "001c0001", false)] // Another type.
    [InlineData("12340100000100000000000002616200" + "00010001", false)] // A query.
    public void Only_the_answer_to_the_question_is_taken(string message, bool expected) =>
        Assert.Equal(expected, DnsMessage.IsAnswer(Convert.FromHexString(message.Length % 2 == 0 ? message : message + "0"), Query)
            && message.Length % 2 == 0);

    [Fact]
    public void Garbage_is_survived() => Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, 255)).ToArbitrary(), values =>
    {
        byte[] message = [.. values.Select(static value => (byte)value)];
        if (DnsMessage.IsQuery(message))
        {
            byte[] failure = DnsMessage.Failure(message);
            Assert.True(DnsMessage.IsAnswer(failure, message));
        }

        return !DnsMessage.IsAnswer(message, Query) || message.Length >= DnsMessage.HeaderBytes;
    }).QuickCheckThrowOnFailure();
}
