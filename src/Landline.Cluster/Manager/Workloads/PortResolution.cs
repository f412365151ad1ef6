using System.Globalization;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Workloads;

/// <summary>
/// What the identifiers of an attachment mean: a container and ports of it. A service's port is looked for first, by name
/// and by number, then a container's; what is not declared anywhere is taken as the number of a port of the only
/// container. Whatever could mean two things is refused with the choices.
/// </summary>
/// <param name="Container">Whose environment and files are meant, and whose ports.</param>
internal sealed record PortResolution(string Container, IReadOnlyList<AttachedPort> Ports)
{
    private sealed record Candidate(string? Container, int Port, PortProtocol Protocol, string? Name);

    /// <exception cref="AttachmentRefusedException">The identifiers mean nothing here, or more than one thing.</exception>
    public static PortResolution Resolve(AttachmentSpec spec, WorkloadView workload)
    {
        Service[] services = [.. workload.Services.Where(service => spec.Service is null || service.Metadata.Name == spec.Service)];
        if (spec.Service is not null && services.Length == 0)
        {
            throw new AttachmentRefusedException("ServiceNotFound", workload.Services.Count == 0
                ? $"No service selects the pods of {workload.DisplayName}, so '{spec.Service}' does not."
                : $"Service '{spec.Service}' does not select the pods of {workload.DisplayName}; these do: {List(workload.Services.Select(s => s.Metadata.Name!))}.");
        }

        if (spec.Container is not null && workload.Template.Containers.All(container => container.Name != spec.Container))
        {
            throw new AttachmentRefusedException("ContainerNotFound",
                $"There is no container '{spec.Container}' in {workload.DisplayName}; there are: {List(workload.Template.Containers.Select(c => c.Name))}.");
        }

        if (spec.Ports.Count == 0 && TakesNoPort(spec, workload, services))
        {
            return new PortResolution(spec.Container ?? OnlyContainer(workload, null), []);
        }

        IReadOnlyList<AttachmentPort> wanted = spec.Ports.Count > 0 ? spec.Ports : [new AttachmentPort()];
        (AttachmentPort Port, Candidate Found)[] found = [.. wanted.Select(port => (port, FindPort(port, spec, workload, services)))];
        string[] containers = [.. found.Select(pair => pair.Found.Container).OfType<string>().Distinct()];
        if (containers.Length > 1)
        {
            throw new AttachmentRefusedException("AmbiguousContainer",
                $"The ports belong to several containers of {workload.DisplayName}: {List(containers)}.");
        }

        string owner = spec.Container ?? containers.FirstOrDefault() ?? OnlyContainer(workload, found[0].Found.Port);
        AttachedPort[] ports =
        [
            .. found.Select(pair => new AttachedPort
            {
                Port = pair.Found.Port,
                Protocol = pair.Found.Protocol,
                Name = pair.Found.Name,
                WorkstationPort = pair.Port.WorkstationPort ?? pair.Found.Port,
            }),
        ];
        if (ports.GroupBy(port => (port.Port, port.Protocol)).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new AttachmentRefusedException("DuplicatePort", $"Port {twice.Key.Port} of {workload.DisplayName} is named twice.");
        }

        return new PortResolution(owner, ports);
    }

    // What takes its work from a queue has no port, and can be replaced all the same.
    private static bool TakesNoPort(AttachmentSpec spec, WorkloadView workload, Service[] services) => spec.Type switch
    {
        AttachmentType.Ingest => true,
        AttachmentType.Replace => !services.SelectMany(service => OfService(service, workload)).Any()
            && !workload.Template.Containers.SelectMany(OfContainer).Any(),
        _ => false,
    };

    private static Candidate FindPort(AttachmentPort wanted, AttachmentSpec spec, WorkloadView workload, Service[] services)
    {
        Candidate[] all = [.. services.SelectMany(service => OfService(service, workload))];
        Candidate[] declared = [.. workload.Template.Containers.SelectMany(OfContainer)];
        if (wanted.Identifier is null)
        {
            Candidate[] any = OfProtocol(Distinct(all, spec.Container), wanted);
            any = any.Length > 0 ? any : OfProtocol(Distinct(declared, spec.Container), wanted);

            // Of several the one with the workstation's own number is meant.
            if (any.Where(port => port.Port == wanted.WorkstationPort).ToArray() is [var same])
            {
                return same;
            }

            return any.Length switch
            {
                1 => any[0],
                0 => throw new AttachmentRefusedException("PortNotFound", $"{workload.CapitalName} declares no {(wanted.Protocol == PortProtocol.Udp ? "UDP port" : "port")}."),
                _ => throw Ambiguous("AmbiguousPort", $"{workload.CapitalName} has several ports", any),
            };
        }

        int? number = int.TryParse(wanted.Identifier, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
            && parsed is > 0 and <= 65535 ? parsed : null;
        Candidate[] matching = Distinct(
            services.SelectMany(service => service.Spec.Ports
                .Where(port => IsProtocol(port.Protocol, wanted.Protocol) && (number is { } n ? port.Port == n : port.Name == wanted.Identifier))
                .SelectMany(port => Target(port, workload))),
            spec.Container);
        if (matching.Length == 0)
        {
            matching = Distinct(
                declared.Where(port => port.Protocol == wanted.Protocol && (number is { } n ? port.Port == n : port.Name == wanted.Identifier)),
                spec.Container);
        }

        return matching.Length switch
        {
            1 => matching[0],
            > 1 => throw Ambiguous("AmbiguousPort", $"Port '{wanted.Identifier}' of {workload.DisplayName} can mean several things", matching),
            _ when number is { } undeclared => new Candidate(spec.Container, undeclared, wanted.Protocol, null),
            _ => throw new AttachmentRefusedException("PortNotFound", NotFound(wanted, workload, Distinct([.. all, .. declared], null))),
        };
    }

    // Who writes /UDP means UDP; a number alone is TCP's where there is TCP; and who writes nothing has not chosen.
    private static Candidate[] OfProtocol(Candidate[] candidates, AttachmentPort wanted)
    {
        if (wanted.WorkstationPort is null)
        {
            return candidates;
        }

        Candidate[] chosen = [.. candidates.Where(port => port.Protocol == wanted.Protocol)];
        return chosen.Length > 0 || wanted.Protocol == PortProtocol.Udp ? chosen : candidates;
    }

    private static IEnumerable<Candidate> OfService(Service service, WorkloadView workload) =>
        service.Spec.Ports.Where(port => port.Protocol is null or "TCP" or "UDP").SelectMany(port => Target(port, workload));

    private static IEnumerable<Candidate> OfContainer(Container container) => container.Ports
        .Where(port => port.Protocol is null or "TCP" or "UDP")
        .Select(port => new Candidate(container.Name, port.Port, Protocol(port.Protocol), port.Name));

    // A service's target is a number, which may be declared by a container or not, or the name of a declared port.
    private static IEnumerable<Candidate> Target(ServicePort port, WorkloadView workload)
    {
        PortProtocol protocol = Protocol(port.Protocol);
        IntOrString target = port.TargetPort ?? new IntOrString(port.Port);
        Candidate[] declared =
        [
            .. workload.Template.Containers.SelectMany(OfContainer).Where(candidate => candidate.Protocol == protocol
                && (target.Name is { } name ? candidate.Name == name : candidate.Port == target.Number)),
        ];
        if (declared.Length > 0)
        {
            return declared.Select(candidate => candidate with { Name = port.Name ?? candidate.Name });
        }

        return target.Number is { } number ? [new Candidate(null, number, protocol, port.Name)] : [];
    }

    private static string OnlyContainer(WorkloadView workload, int? port)
    {
        IReadOnlyList<Container> containers = workload.Template.Containers;
        if (containers.Count == 1)
        {
            return containers[0].Name;
        }

        throw new AttachmentRefusedException("AmbiguousContainer",
            $"{workload.CapitalName} has several containers{(port is null ? "" : $" and none declares port {port}")}: {List(containers.Select(c => c.Name))}.");
    }

    // Two services may lead to the same port under other names: that is one thing.
    private static Candidate[] Distinct(IEnumerable<Candidate> candidates, string? container) =>
    [
        .. candidates
            .Where(candidate => container is null || candidate.Container is null || candidate.Container == container)
            .GroupBy(candidate => (candidate.Container, candidate.Port, candidate.Protocol))
            .Select(group => group.First()),
    ];

    private static AttachmentRefusedException Ambiguous(string reason, string what, Candidate[] candidates) =>
        new(reason, $"{what}: {List(candidates.Select(Describe))}.");

    private static string NotFound(AttachmentPort wanted, WorkloadView workload, Candidate[] known) => known.Length == 0
        ? $"There is no port '{wanted.Identifier}' in {workload.DisplayName}, which declares none."
        : $"There is no port '{wanted.Identifier}' in {workload.DisplayName}; there are: {List(known.Select(Describe))}.";

    private static string Describe(Candidate candidate) =>
        $"{(candidate.Name is null ? "" : $"{candidate.Name} ")}{(candidate.Name is null ? $"{candidate.Port}" : $"({candidate.Port})")}"
        + (candidate.Protocol == PortProtocol.Udp ? "/UDP" : "")
        + (candidate.Container is null ? "" : $" of container {candidate.Container}");

    private static bool IsProtocol(string? written, PortProtocol wanted) => (written ?? "TCP") == (wanted == PortProtocol.Udp ? "UDP" : "TCP");

    private static PortProtocol Protocol(string? written) => written == "UDP" ? PortProtocol.Udp : PortProtocol.Tcp;

    private static string List(IEnumerable<string> names) => string.Join(", ", names);
}
