using Landline.Protocol.Errors;

namespace Landline.Daemon.Errors;

/// <summary>Failures in attaching to a workload.</summary>
internal static partial class DaemonErrors
{
    public const string AttachmentTakenCode = "attachment-taken";

    public static UserErrorException NotConnected() => new(
        "not-connected",
        "There is no connection that could attach to anything.",
        "Connect first with: landline connect -n NAMESPACE");

    public static UserErrorException AttachmentExists(string name) => new(
        "attachment-exists",
        $"There is an attachment '{name}' of this connection already.",
        $"End it first with: landline detach {name}, or choose another name");

    public static UserErrorException AttachmentTaken(string name, string @namespace, string owner) => new(
        AttachmentTakenCode,
        $"There is an attachment '{name}' in namespace '{@namespace}' already, of {owner}.",
        "Choose another name for yours and name the workload with: -w WORKLOAD");

    public static UserErrorException AttachmentForbidden(string @namespace) => new(
        "attachment-forbidden",
        $"You may not create attachments.landline.dev in namespace '{@namespace}'.",
        $"Ask an administrator for: kubectl create rolebinding landline -n {@namespace} --clusterrole=landline-user --user=YOU");

    /// <param name="reason">The API server's sentence: a quota's or an admission policy's.</param>
    public static UserErrorException AttachmentDenied(string name, string @namespace, string reason, Exception? cause = null) => new(
        "attachment-denied",
        $"The cluster denies attachment '{name}': {reason.TrimEnd('.')}.",
        $"Ask an administrator of namespace {@namespace} about this rule",
        cause);

    public static UserErrorException AttachmentInvalid(string name, string reason, Exception? cause = null) => new(
        "attachment-invalid",
        $"The cluster does not take attachment '{name}': {reason.TrimEnd('.')}.",
        "See what each option takes with: landline intercept --help",
        cause);

    /// <param name="reason">The manager's word; docs/attaching.md lists them.</param>
    /// <param name="message">The manager's sentence.</param>
    public static UserErrorException AttachmentRefused(string name, string reason, string message) => new(
        "attachment-refused",
        $"Attachment '{name}' is not possible: {message.TrimEnd('.')}.",
        HintFor(reason));

    public static UserErrorException AttachmentNotReady(string name, string state) => new(
        "attachment-not-ready",
        $"Attachment '{name}' did not come about: {state.TrimEnd('.')}.",
        "See more with: landline logs and kubectl get pods -A -l app.kubernetes.io/name=landline-agent");

    public static UserErrorException AgentNotAdmitted(string name, string state) => new(
        "agent-not-admitted",
        $"Attachment '{name}' did not come about: {state.TrimEnd('.')}.",
        "Ask an administrator to admit what service account landline-agent runs there: privileged pods with hostPID (docs/security.md)");

    public static UserErrorException WorkloadDoesNotRun(string name, string state, string @namespace) => new(
        "workload-does-not-run",
        $"Attachment '{name}' did not come about: {state.TrimEnd('.')}.",
        $"See why with: kubectl get pods -n {@namespace}");

    public static UserErrorException AttachmentUnknown(string name, IReadOnlyCollection<string> names) => new(
        "attachment-unknown",
        names.Count == 0
            ? $"There is no attachment '{name}', and no other either."
            : $"There is no attachment '{name}'; there is {string.Join(", ", names)}.",
        "See what is attached with: landline status");

    public static UserErrorException ToPodPortUnavailable(int port, string reason, Exception? cause = null) => new(
        "to-pod-port-unavailable",
        $"Port {port} of 127.0.0.1, for --to-pod, cannot be listened on: {reason.TrimEnd('.')}.",
        $"See what listens there with: ss -lnp sport = :{port}",
        cause);

    public static UserErrorException MountPathUnusable(string path, string reason, Exception? cause = null) => new(
        "mount-path-unusable",
        $"The container's files cannot be mounted on {path}: {reason.TrimEnd('.')}.",
        "Name an empty folder of your own with --mount PATH, or leave the files out with: --mount false",
        cause);

    public static UserErrorException EnvironmentUnavailable(string name, string reason, Exception? cause = null) => new(
        "environment-unavailable",
        $"The environment of attachment '{name}' cannot be read: {reason.TrimEnd('.')}.",
        "See whether a pod of the workload runs with: landline status",
        cause);

    public static UserErrorException WorkloadsUnavailable(string @namespace) => new(
        "workloads-unavailable",
        $"The manager did not tell which workloads namespace '{@namespace}' has.",
        "See whether the connection stands with: landline status");

    /// <param name="reason">The manager's sentence.</param>
    public static UserErrorException WorkloadsNotListed(string @namespace, string reason) => new(
        "workloads-not-listed",
        $"The manager cannot list the workloads of namespace '{@namespace}': {reason.TrimEnd('.')}.",
        "Try again; if it stays so, ask an administrator to repair the manager's rights with: landline upgrade");

    private static string HintFor(string reason) => reason switch
    {
        "WorkloadNotFound" or "KindNotSupported" => "See what can be attached to with: landline list",
        "AmbiguousWorkload" => "Say which one with: -w KIND/NAME",
        "AmbiguousContainer" or "ContainerNotFound" => "Say which one with: --container NAME",
        "AmbiguousPort" or "PortNotFound" or "DuplicatePort" => "Say which one with: -p LOCAL:IDENTIFIER",
        "ServiceNotFound" => "Name one that selects the workload with --service, or leave it out",
        "PortTaken" => "Take other requests with --http-header, or ask its owner for: landline detach",
        "WorkloadTaken" => "Ask its owner for: landline detach",
        "WorkloadChanged" => "Pause what keeps the workload as it is written down, or take its traffic with: landline intercept",
        "OriginalUnknown" => "Deploy the workload anew, as in: kubectl apply -f WORKLOAD.yaml",
        "ReplaceForbidden" => "Ask an administrator for the ClusterRoleBinding landline-manager-replace, or use: landline intercept",
        "NoRollout" => "Take its traffic with landline intercept instead",
        "WrongFilter" => "See docs/attaching.md for what a filter can be",
        "NotConfirmed" or "ConnectionNotFound" => "Try again; if it stays so, connect anew with: landline quit && landline connect",
        "InternalError" => "This is a defect. Please report it with the file that this makes: landline gather-logs -o logs.zip",
        _ => "See docs/attaching.md for what can be attached to",
    };
}
