using Landline.Cli.Output;
using Landline.Protocol.Api;

namespace Landline.Tests.Cli.Output;

public sealed class StatusTextTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ConnectionInfo Connected = new()
    {
        Name = "lab",
        Status = ConnectionState.Connected,
        StatusSince = Noon,
        Context = "lab",
        Server = "https://198.51.100.1:6443",
        Namespace = "default",
        ManagerNamespace = "landline",
        ManagerVersion = "0.1.0",
        KubernetesVersion = "v1.20.2",
        DaemonProcessId = 4711,
        Subnets = ["10.96.0.0/16", "10.244.0.0/16"],
        AlsoProxy = ["db.example.com:5432"],
        Dns = new DnsInfo("100.64.0.1", "resolv.conf", "cluster.local", ["default.svc.cluster.local", "svc.cluster.local"]),
        Session = new SessionInfo("0b2c", "port-forward", 1.25, 3, 1),
        Attachments =
        [
            new AttachmentInfo
            {
                Name = "web",
                Workload = "deployment/web",
                Namespace = "default",
                Phase = AttachmentPhase.Active,
                Ports = [new AttachedPort { Port = 8080, Name = "http", WorkstationPort = 3000 }],
                Http = new HttpMatch { Headers = [new HttpValueMatch { Name = "x-user", Regex = "^ali" }], Path = new HttpPathMatch { Prefix = "/api" } },
            },
        ],
    };

    [Fact]
    public void Nothing_connected_is_said_in_two_words() =>
        Assert.Equal("Not connected.\n", Text(new StatusReport([], [])));

    [Fact]
    public void A_connection_is_a_paragraph() =>
        Assert.Equal(
            """
            lab: Connected since 2030-01-01 12:00:00Z
              Context:           lab
              Server:            https://198.51.100.1:6443 (Kubernetes v1.20.2)
              Namespace:         default
              Manager:           landline, version 0.1.0
              Subnets:           10.96.0.0/16, 10.244.0.0/16
              Also proxied:      db.example.com:5432
              DNS:               100.64.0.1 by resolv.conf, search default.svc.cluster.local, svc.cluster.local
              Session:           0b2c over port-forward, round trip 1.3 ms, 3 open streams, 1 reconnects
              Intercept:         web: deployment/web, Active, http (8080) to 3000, only header x-user=~^ali and path /api*

            """.ReplaceLineEndings("\n"),
            Text(new StatusReport([Connected], [])));

    [Fact]
    public void What_is_not_well_is_told_with_its_reason_and_warnings_with_their_hint()
    {
        var away = new ConnectionInfo
        {
            Name = "lab",
            Status = ConnectionState.Reconnecting,
            StatusSince = Noon,
            Reason = "no route to it",
        };
        var warning = new WarningInfo("manager-version", "The manager is old.", "Run: landline upgrade", Noon, "lab");

        Assert.Equal(
            """
            lab: Reconnecting since 2030-01-01 12:00:00Z (no route to it)

            warning: The manager is old.
               hint: Run: landline upgrade

            """.ReplaceLineEndings("\n"),
            Text(new StatusReport([away], [warning])));
    }

    [Fact]
    public void The_JSON_for_scripts_keeps_its_shape() =>
        Assert.Equal(
            """
            {
              "connections": [
                {
                  "name": "lab",
                  "status": "Connected",
                  "statusSince": "2030-01-01T12:00:00+00:00",
                  "context": "lab",
                  "server": "https://198.51.100.1:6443",
                  "namespace": "default",
                  "managerNamespace": "landline",
                  "managerVersion": "0.1.0",
                  "kubernetesVersion": "v1.20.2",
                  "daemonProcessId": 4711,
                  "subnets": [
                    "10.96.0.0/16",
                    "10.244.0.0/16"
                  ],
                  "alsoProxy": [
                    "db.example.com:5432"
                  ],
                  "neverProxy": [],
                  "mappedNamespaces": [],
                  "dns": {
                    "address": "100.64.0.1",
                    "mechanism": "resolv.conf",
                    "clusterDomain": "cluster.local",
                    "searchDomains": [
                      "default.svc.cluster.local",
                      "svc.cluster.local"
                    ]
                  },
                  "session": {
                    "id": "0b2c",
                    "transport": "port-forward",
                    "roundTripMs": 1.25,
                    "openStreams": 3,
                    "reconnects": 1
                  },
                  "attachments": [
                    {
                      "name": "web",
                      "type": "Intercept",
                      "workload": "deployment/web",
                      "namespace": "default",
                      "ports": [
                        {
                          "port": 8080,
                          "protocol": "TCP",
                          "name": "http",
                          "workstationPort": 3000
                        }
                      ],
                      "http": {
                        "headers": [
                          {
                            "name": "x-user",
                            "regex": "^ali"
                          }
                        ],
                        "baggage": [],
                        "path": {
                          "prefix": "/api"
                        },
                        "methods": []
                      },
                      "phase": "Active",
                      "pods": []
                    }
                  ]
                }
              ],
              "warnings": []
            }

            """.ReplaceLineEndings("\n"),
            Written(OutputFormat.Json));

    [Fact]
    public void The_YAML_says_the_same_as_the_JSON()
    {
        using var reader = new StringReader(Written(OutputFormat.Yaml));
        var yaml = new YamlDotNet.RepresentationModel.YamlStream();
        yaml.Load(reader);

        var connection = yaml.Documents[0].RootNode["connections"][0];
        Assert.Equal("lab", connection["name"].ToString());
        Assert.Equal("https://198.51.100.1:6443", connection["server"].ToString());
        Assert.Equal("svc.cluster.local", connection["dns"]["searchDomains"][1].ToString());
        Assert.Equal("1.25", connection["session"]["roundTripMs"].ToString());
        Assert.Equal("Active", connection["attachments"][0]["phase"].ToString());
    }

    private static string Text(StatusReport report)
    {
        var output = new StringWriter { NewLine = "\n" };
        StatusText.Write(output, report);
        return output.ToString();
    }

    private static string Written(OutputFormat format)
    {
        var output = new StringWriter { NewLine = "\n" };
        FactWriter.Write(output, format, new StatusReport([Connected], []), static () => DaemonJson.Default.StatusReport, StatusText.Write);
        return output.ToString();
    }
}
