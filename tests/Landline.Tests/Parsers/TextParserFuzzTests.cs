using System.Text;
using System.Text.Json;
using Landline.Cli.Attaching;
using Landline.Cli.Environments;
using Landline.Cluster.Manager.Discovery;
using Landline.Cluster.Manager.Dns;
using Landline.Cluster.Manager.Watching;
using Landline.Daemon.Connections;
using Landline.Daemon.Dns;
using Landline.Daemon.Installation;
using Landline.Kubernetes.Authentication;
using Landline.Kubernetes.Configuration;
using Landline.Networking.Routes;

namespace Landline.Tests.Parsers;

/// <summary>
/// What comes as text from a user, a tool, a plug-in or a server, damaged at random places: each parser takes it or says no in the way
/// that it has for that.
/// </summary>
public sealed class TextParserFuzzTests
{
    private const int Rounds = 20_000;

    private static readonly ExecPlugin Plugin = new()
    {
        Command = "/usr/bin/login",
        ApiVersion = "client.authentication.k8s.io/v1",
        Origin = "user me",
        SearchPath = "/usr/bin",
    };

    private static readonly Dictionary<string, (Action<string> Parse, string[] Samples)> Parsers = new(StringComparer.Ordinal)
    {
        ["routes of ip(8)"] = (
            static text => Consume(RouteTable.Parse(text)),
            [
                """[{"dst":"default","gateway":"192.0.2.1","dev":"eth0","flags":[]},{"type":"local","dst":"10.1.0.0/16","dev":"eth0"}]""",
                """[{"type":"unicast","dst":"fd00::/8","dev":"eth\ud83d\ude00","metric":1024}]""",
                """[{"dst":"10.0.0.0\u002f8","dev":"\ud800"}]""",
            ]),
        ["resolv.conf"] = (
            static text => _ = ResolverConfiguration.Parse(text),
            ["search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\nnameserver fd00::a\noptions ndots:5\n"]),
        ["an API server's refusal of an address"] = (
            static text => Consume(ServiceRangeMessage.Parse(text)),
            ["""spec.clusterIPs: Invalid value: ["1.1.1.1"]: provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/12, fd00::/108"""]),
        ["an exec plug-in's answer"] = (
            static text => _ = ExecCredential.Parse(text, Plugin),
            [
                """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t\u0041","expirationTimestamp":"2030-01-01T00:00:00Z"}}""",
                """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"\ud800"}}""",
                """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientCertificateData":"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----","clientKeyData":"x"}}""",
            ]),
        ["a reverse name"] = (
            static text => _ = ReverseZones.TryParse(text, out _),
            ["4.3.2.1.in-addr.arpa", "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa"]),
        ["--also-proxy and --never-proxy"] = (
            static text => _ = ProxyTarget.TryParse(text, out _) | ProxyTarget.TryParseSubnet(text, out _),
            ["db.example.com:5432", "[fd00::1]:443", "10.1.2.3/16:80", "fe80::1%eth0/64", "198.51.100.0/24"]),
        ["a subnet"] = (static text => _ = Subnets.TryParse(text, out _), ["10.96.0.0/12", "fd00::/108", "::ffff:10.0.0.0/104"]),
        ["a manager's address"] = (static text => _ = ManagerAddress.TryParse(text, out _), ["manager.example.com:7070", "[fd00::1]:7070"]),
        ["a workload"] = (static text => _ = WorkloadArgument.TryParse(text, out _), ["deployment/web", "sts/db", "web"]),
        ["a port"] = (static text => _ = PortArgument.TryParse(text, out _), ["3000:http", "5353:53/UDP", "8080"]),
        ["a mount"] = (static text => _ = MountArgument.TryParse(text, out _), ["/mnt/web:ro", "true", "~/x"]),
        ["an environment's syntax"] = (static text => _ = EnvironmentSyntax.TryParse(text), ["sh:export", "docker"]),
        ["a version"] = (static text => _ = VersionOrder.TryParse(text, out _), ["1.2.3", "0.1.0-dev+abc", "v1.20.2"]),
        ["an object's key"] = (static text => _ = ObjectKey.TryParse(text, out _), ["shop/web"]),
    };

    public static TheoryData<string> Names => [.. Parsers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_text_is_read_or_refused(string name)
    {
        (Action<string> parse, string[] samples) = Parsers[name];
        var random = new Random(7);
        for (int i = 0; i < Rounds; i++)
        {
            string text = Damage(samples[random.Next(samples.Length)], random);
            try
            {
                parse(text);
            }
            catch (Exception e) when (e is JsonException or KubernetesConfigurationException)
            {
                // The refusal that callers expect.
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}: {e.GetType().Name} ({e.Message}) for {JsonSerializer.Serialize(text)}");
            }
        }
    }

    private static string Damage(string sample, Random random)
    {
        var text = new StringBuilder(sample);
        for (int times = random.Next(4); times > 0 && text.Length > 0; times--)
        {
            int at = random.Next(text.Length);
            int count = random.Next(1, Math.Min(8, text.Length - at) + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, count);
                    break;
                case 1:
                    text[at] = RandomCharacter(random);
                    break;
                case 2:
                    text.Insert(random.Next(text.Length), text.ToString(at, count));
                    break;
                default:
                    text.Insert(at, RandomCharacter(random).ToString(), random.Next(1, 300));
                    break;
            }
        }

        return text.ToString();
    }

    // Half of them such as grammars are made of, the rest any that text has: none comes with a zero (arguments end there) or with half a
    // surrogate pair (what is read is UTF-8), but escaped in JSON.
    private static char RandomCharacter(Random random)
    {
        const string Grammar = "\\\"'{}[](),:;./%-_ \t\r\n019af";
        return random.Next(2) == 0 ? Grammar[random.Next(Grammar.Length)] : (char)random.Next(1, 0xd800);
    }

    private static void Consume<T>(IEnumerable<T> items)
    {
        foreach (T item in items)
        {
            GC.KeepAlive(item);
        }
    }
}
