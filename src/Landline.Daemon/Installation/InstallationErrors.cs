using Landline.Kubernetes;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Installation;

/// <summary>Every failure of installing and uninstalling that is explained to the administrator. See docs/errors.md.</summary>
internal static class InstallationErrors
{
    public static UserErrorException OptionInvalid(string option, string value, string rule) => new(
        "install-option-invalid",
        $"'{value}' cannot be {option}: {rule}.",
        "See: landline install --help");

    public static UserErrorException Forbidden(string verb, string what, KubernetesApiException cause) => new(
        "install-forbidden",
        $"You may not {verb} {what} in this cluster.",
        "Use an administrator's context with --context, or give an administrator the output of: landline install --print",
        cause);

    public static UserErrorException Refused(string verb, string what, string reason, Exception cause) => new(
        "install-refused",
        $"The cluster refused to {verb} {what}: {reason.TrimEnd('.')}.",
        "Look for admission policies of the cluster that concern it, then try again",
        cause);

    public static UserErrorException KubernetesTooOld(string version, string oldest) => new(
        "kubernetes-too-old",
        $"The cluster runs Kubernetes {version}; Landline needs {oldest} or later.",
        "Update the cluster, or choose another one with: --context NAME");

    public static UserErrorException ClusterIsNewer(string installed, string own) => new(
        "cluster-is-newer",
        $"The cluster has Landline {installed}, which is newer than this program ({own}).",
        "Update this program, or go back on purpose with: landline install --allow-downgrade");

    public static UserErrorException InstalledElsewhere(string otherNamespace, string @namespace) => new(
        "installed-elsewhere",
        $"Landline is installed in namespace '{otherNamespace}' of this cluster already, not in '{@namespace}'.",
        $"Name it with: --manager-namespace {otherNamespace}, or remove it first with: landline uninstall --manager-namespace {otherNamespace}");

    public static UserErrorException UninstalledElsewhere(string otherNamespace, string @namespace) => new(
        "uninstalled-elsewhere",
        $"Landline is installed in namespace '{otherNamespace}' of this cluster, not in '{@namespace}'; nothing was removed.",
        $"Remove it with: landline uninstall --manager-namespace {otherNamespace}");

    public static UserErrorException DefinitionNotServed(string name, string reason) => new(
        "definition-not-served",
        $"The cluster does not serve {name}: {reason.TrimEnd('.')}.",
        $"See why with: kubectl describe crd {name}");

    public static UserErrorException ManagerDoesNotStart(string @namespace, string reason) => new(
        "manager-does-not-start",
        $"The manager does not start: {reason.TrimEnd('.')}.",
        $"See more with: kubectl describe pods -n {@namespace} -l app.kubernetes.io/name=landline-manager");

    public static UserErrorException ImageMissing(string image, string reason) => new(
        "image-missing",
        $"The nodes cannot get the image {image}: {reason.TrimEnd('.')}.",
        "Push it where the nodes can pull it and name it with --image, or load it into every node");

    public static UserErrorException NotGone(string what, TimeSpan waited) => new(
        "uninstall-incomplete",
        $"{what} is still there after {(int)waited.TotalSeconds} s.",
        "See what holds it with: kubectl get -o yaml, then run landline uninstall again");
}
