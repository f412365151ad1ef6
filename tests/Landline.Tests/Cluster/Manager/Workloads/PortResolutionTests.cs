using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Manager.Workloads;

public sealed class PortResolutionTests
{
    private static readonly Container Web = new()
    {
        Name = "web",
        Ports = [new ContainerPort { Name = "http", Port = 8080 }, new ContainerPort { Name = "admin", Port = 9090 }, new ContainerPort { Name = "dns", Port = 53, Protocol = "UDP" }],
    };

    private static readonly Container Sidecar = new() { Name = "proxy", Ports = [new ContainerPort { Name = "metrics", Port = 9100 }] };

    [Theory]
    [InlineData("http", 8080)]
    [InlineData("8080", 8080)]
    [InlineData("admin", 9090)]
    [InlineData("metrics", 9100)]
    [InlineData("80", 8080)]
    [InlineData("web-port", 8080)]
    public void An_identifier_is_a_services_or_a_containers_port_by_name_or_number(string identifier, int expected)
    {
        PortResolution found = Resolve([Web, Sidecar], [ServiceOf("web", ("web-port", 80, "http"))], Port(identifier));

        Assert.Equal(expected, Assert.Single(found.Ports).Port);
        Assert.Equal(expected == 9100 ? "proxy" : "web", found.Container);
    }

    [Fact]
    public void Without_an_identifier_the_only_port_of_the_services_is_meant() =>
        Assert.Equal(8080, Assert.Single(Resolve([Web], [ServiceOf("web", ("p", 80, "http"))], new AttachmentPort()).Ports).Port);

    [Fact]
    public void Without_a_service_the_only_port_of_the_container_is_meant() =>
        Assert.Equal(9100, Assert.Single(Resolve([Sidecar], [], new AttachmentPort()).Ports).Port);

    [Theory]
    [InlineData(5353, PortProtocol.Udp, 53, PortProtocol.Udp)]
    [InlineData(5353, PortProtocol.Tcp, 8053, PortProtocol.Tcp)]
    public void Without_an_identifier_the_protocol_counts(int local, PortProtocol protocol, int port, PortProtocol expected)
    {
        Container dns = new()
        {
            Name = "dns", Ports = [new ContainerPort { Name = "dns", Port = 53, Protocol = "UDP" }, new ContainerPort { Name = "tcp", Port = 8053 }],
        };

        AttachedPort found = Assert.Single(Resolve([dns], [], new AttachmentPort { WorkstationPort = local, Protocol = protocol }).Ports);

        Assert.Equal((port, expected), (found.Port, found.Protocol));
    }

    [Fact]
    public void Udp_is_never_a_tcp_port()
    {
        AttachmentRefusedException refused = Refused([Sidecar], [], new AttachmentPort { WorkstationPort = 5353, Protocol = PortProtocol.Udp });

        Assert.Equal(("PortNotFound", "Deployment/shop declares no UDP port."), (refused.Reason, refused.Message));
    }

    [Fact]
    public void Several_ports_and_no_identifier_are_refused_with_the_choices()
    {
        AttachmentRefusedException refused = Refused([Web], [], new AttachmentPort());

        Assert.Equal("AmbiguousPort", refused.Reason);
        Assert.Equal(
            "Deployment/shop has several ports: http (8080) of container web, admin (9090) of container web, dns (53)/UDP of container web.",
            refused.Message);
    }

    [Fact]
    public void Two_services_that_lead_to_one_port_are_no_ambiguity() =>
        Assert.Equal(8080, Assert.Single(Resolve(
            [Web], [ServiceOf("a", ("x", 80, "http")), ServiceOf("b", ("y", 80, "8080"))], Port("80")).Ports).Port);

    [Fact]
    public void Two_services_that_lead_to_two_ports_by_one_number_are_refused_until_one_is_named()
    {
        Service[] services = [ServiceOf("a", ("x", 80, "http")), ServiceOf("b", ("y", 80, "admin"))];

        Assert.Equal("AmbiguousPort", Refused([Web], services, Port("80")).Reason);
        Assert.Equal(9090, Assert.Single(Resolve([Web], services, Port("80"), service: "b").Ports).Port);
    }

    [Fact]
    public void A_number_that_nobody_declares_is_a_port_of_the_only_container() =>
        Assert.Equal(1234, Assert.Single(Resolve([Sidecar], [], Port("1234")).Ports).Port);

    [Fact]
    public void A_number_that_nobody_declares_is_refused_when_there_are_several_containers() =>
        Assert.Equal("AmbiguousContainer", Refused([Web, Sidecar], [], Port("1234")).Reason);

    [Theory]
    [InlineData("nothing")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    public void What_is_no_port_is_refused_with_the_ports_that_there_are(string identifier)
    {
        AttachmentRefusedException refused = Refused([Sidecar], [], Port(identifier));

        Assert.Equal("PortNotFound", refused.Reason);
        Assert.Contains("metrics (9100) of container proxy", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Protocols_are_kept_apart() =>
        Assert.Equal("PortNotFound", Refused([Web], [], Port("dns")).Reason);

    [Fact]
    public void A_udp_port_is_found_as_such() =>
        Assert.Equal(53, Assert.Single(Resolve([Web], [], new AttachmentPort { Identifier = "dns", Protocol = PortProtocol.Udp }).Ports).Port);

    [Fact]
    public void The_workstation_listens_on_the_same_number_unless_it_says_another()
    {
        PortResolution found = Resolve([Web], [], Port("http"), new AttachmentPort { Identifier = "admin", WorkstationPort = 3000 });

        Assert.Equal([8080, 3000], found.Ports.Select(port => port.WorkstationPort));
    }

    [Fact]
    public void The_same_port_twice_is_refused() =>
        Assert.Equal("DuplicatePort", Refused([Web], [], Port("http"), Port("8080")).Reason);

    [Fact]
    public void Ports_of_two_containers_are_refused() =>
        Assert.Equal("AmbiguousContainer", Refused([Web, Sidecar], [], Port("http"), Port("metrics")).Reason);

    [Fact]
    public void An_ingest_needs_no_port_but_a_container()
    {
        var spec = new AttachmentSpec { Type = AttachmentType.Ingest };

        Assert.Equal("web", PortResolution.Resolve(spec, View([Web], [])).Container);
        Assert.Equal(
            "AmbiguousContainer",
            Assert.Throws<AttachmentRefusedException>(() => PortResolution.Resolve(spec, View([Web, Sidecar], []))).Reason);
    }

    [Fact]
    public void What_has_no_port_can_be_replaced_and_what_has_several_needs_a_choice()
    {
        var spec = new AttachmentSpec { Type = AttachmentType.Replace };
        var worker = new Container { Name = "worker" };

        PortResolution found = PortResolution.Resolve(spec, View([worker], []));

        Assert.Equal("worker", found.Container);
        Assert.Empty(found.Ports);
        Assert.Equal(8080, Assert.Single(PortResolution.Resolve(spec, View([worker], [ServiceOf("s", ("p", 80, "8080"))])).Ports).Port);
        Assert.Equal("AmbiguousPort", Assert.Throws<AttachmentRefusedException>(() => PortResolution.Resolve(spec, View([Web], []))).Reason);
        Assert.Equal(
            "PortNotFound",
            Assert.Throws<AttachmentRefusedException>(() => PortResolution.Resolve(new AttachmentSpec(), View([worker], []))).Reason);
    }

    private static AttachmentPort Port(string identifier) => new() { Identifier = identifier };

    private static Service ServiceOf(string name, params (string Name, int Port, string Target)[] ports) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new ServiceSpec
        {
            Ports = [.. ports.Select(p => new ServicePort { Name = p.Name, Port = p.Port, TargetPort = new IntOrString(p.Target) })],
        },
    };

    private static WorkloadView View(Container[] containers, Service[] services) => new(
        WorkloadKind.All[0], "default", "shop", new LabelSelector(), new PodSpec { Containers = containers }, services, null);

    private static PortResolution Resolve(Container[] containers, Service[] services, params AttachmentPort[] ports) =>
        Resolve(containers, services, ports, null);

    private static PortResolution Resolve(Container[] containers, Service[] services, AttachmentPort port, string service) =>
        Resolve(containers, services, [port], service);

    private static PortResolution Resolve(Container[] containers, Service[] services, AttachmentPort[] ports, string? service) =>
        PortResolution.Resolve(new AttachmentSpec { Ports = ports, Service = service }, View(containers, services));

    private static AttachmentRefusedException Refused(Container[] containers, Service[] services, params AttachmentPort[] ports) =>
        Assert.Throws<AttachmentRefusedException>(() => Resolve(containers, services, ports));
}
