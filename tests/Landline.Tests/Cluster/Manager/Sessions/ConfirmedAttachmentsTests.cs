using System.Globalization;
using Landline.Cluster.Manager.Sessions;

namespace Landline.Tests.Cluster.Manager.Sessions;

public sealed class ConfirmedAttachmentsTests
{
    private readonly ConfirmedAttachments _confirmed = new();

    [Fact]
    public void What_was_confirmed_stays_confirmed_and_is_news_once_for_each_time()
    {
        Assert.False(_confirmed.Contains("a"));
        _confirmed.Add("a");

        Assert.True(_confirmed.TakeNews("a"));
        Assert.False(_confirmed.TakeNews("a"));
        Assert.True(_confirmed.Contains("a"));

        _confirmed.Add("a");
        Assert.True(_confirmed.TakeNews("a"));
    }

    [Fact]
    public void A_session_that_confirms_without_end_forgets_its_oldest()
    {
        for (int i = 0; i < ConfirmedAttachments.Most + 2; i++)
        {
            _confirmed.Add(i.ToString(CultureInfo.InvariantCulture));
        }

        _confirmed.Add(new string('x', 65));

        Assert.False(_confirmed.Contains("1"));
        Assert.False(_confirmed.TakeNews("1"));
        Assert.True(_confirmed.Contains("2"));
        Assert.False(_confirmed.Contains(new string('x', 65)));
    }
}
