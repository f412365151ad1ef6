using FsCheck;
using FsCheck.Fluent;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;

namespace Landline.Tests.Networking.Dns.SystemSettings;

public sealed class ResolvConfTests
{
    private const string Original = "# mine\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch corp.example\noptions ndots:2\n";

    private static readonly Gen<string> AnyLine = Gen.Elements(
        "nameserver 192.0.2.53", "nameserver\t2001:db8::53", "search a.example b.example", "domain c.example", "# note",
        "options timeout:1", string.Empty, "; old style", "nameserver", "#=odd");

    [Fact]
    public void Ours_is_asked_first_and_alone_and_everything_else_stays()
    {
        Assert.Equal(
            """
            # mine
            # landline: begin (temporary; what was here before follows after '#=')
            nameserver 100.64.0.1
            search default.svc.cluster.local cluster.local corp.example
            #=nameserver 192.0.2.53
            #=nameserver 192.0.2.54
            #=search corp.example
            # landline: end
            options ndots:2

            """,
            ResolvConf.Compose(Original, [Overlay("100.64.0.1", "default.svc.cluster.local", "cluster.local")]));
    }

    [Fact]
    public void The_latest_connection_is_on_top_and_all_are_searched()
    {
        string text = ResolvConf.Compose(Original, [Overlay("100.64.0.1", "one", "cluster.local"), Overlay("100.64.0.5", "two", "cluster.local")]);

        Assert.Equal("100.64.0.5", Assert.Single(ResolvConf.NameServers(text)).ToString());
        Assert.Equal(["two", "cluster.local", "one", "corp.example"], ResolvConf.SearchDomains(text));
    }

    [Fact]
    public void The_file_alone_says_how_to_put_it_back()
    {
        string text = ResolvConf.Compose(Original, [Overlay("100.64.0.1", "one")]);

        Assert.Equal(Original, ResolvConf.Strip(text, written: string.Empty, original: string.Empty));
    }

    [Fact]
    public void A_file_that_somebody_else_has_replaced_stays_theirs()
    {
        const string Theirs = "nameserver 198.51.100.1\n";

        Assert.Equal(Theirs, ResolvConf.Strip(Theirs, ResolvConf.Compose(Original, [Overlay("100.64.0.1")]), Original));
    }

    [Fact]
    public void Lines_that_somebody_else_added_stay()
    {
        string written = ResolvConf.Compose(Original, [Overlay("100.64.0.1", "one")]);
        string edited = "# added above\n" + written + "options edns0\n";

        Assert.Equal("# added above\n" + Original + "options edns0\n", ResolvConf.Strip(edited, written, Original));
    }

    [Fact]
    public void When_somebody_removed_all_comments_the_original_servers_return()
    {
        string written = ResolvConf.Compose(Original, [Overlay("100.64.0.1", "one")]);
        string edited = string.Concat(written.Split('\n').Where(line => !line.StartsWith('#')).Select(line => line + "\n"));

        string stripped = ResolvConf.Strip(edited, written, Original);

        Assert.Equal(["192.0.2.53", "192.0.2.54"], ResolvConf.NameServers(stripped).Select(server => server.ToString()));
        Assert.Equal(["corp.example"], ResolvConf.SearchDomains(stripped));
        Assert.Contains("options ndots:2", stripped, StringComparison.Ordinal);
        Assert.DoesNotContain("100.64.0.1", stripped, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_block_s_end_servers_that_follow_are_not_taken_for_ours()
    {
        string written = ResolvConf.Compose(Original, [Overlay("100.64.0.1", "one")]);
        string edited = written.Replace("# landline: end\n", string.Empty, StringComparison.Ordinal) + "nameserver 198.51.100.1\n";

        string stripped = ResolvConf.Strip(edited, written, Original);

        Assert.Equal(
            ["192.0.2.53", "192.0.2.54", "198.51.100.1"], ResolvConf.NameServers(stripped).Select(server => server.ToString()));
    }

    /// <summary>Whatever was in the file, and whatever is added around our block meanwhile, no line is lost.</summary>
    [Fact]
    public void No_line_is_ever_lost() => Prop.ForAll(
        AnyLine.ListOf().ToArbitrary(),
        AnyLine.ListOf().ToArbitrary(),
        (before, added) =>
        {
            string original = string.Concat(before.Select(line => line + "\n"));
            string written = ResolvConf.Compose(original, [Overlay("100.64.0.1", "one.example")]);
            string edited = written + string.Concat(added.Select(line => line + "\n"));

            string stripped = ResolvConf.Strip(edited, written, original);

            Assert.Equal(before.Concat(added).Order(StringComparer.Ordinal), Lines(stripped).Order(StringComparer.Ordinal));
        }).QuickCheckThrowOnFailure();

    private static string[] Lines(string text) => text.Length == 0 ? [] : text[..^1].Split('\n');

    private static ResolverOverlay Overlay(string nameServer, params string[] search) =>
        new("test", nameServer, search, ProcessIdentity.Current);
}
