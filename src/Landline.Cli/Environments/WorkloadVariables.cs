using Landline.Protocol.Api;

namespace Landline.Cli.Environments;

/// <summary>What a process on the workstation gets of a workload's environment, and what it is told of the attachment.</summary>
internal static class WorkloadVariables
{
    // The second one, because programs and scripts exist that were written for it.
    private static readonly string[] Prefixes = ["LANDLINE_", "TELEPRESENCE_"];

    public static Dictionary<string, string> Of(
        WorkloadEnvironment environment, AttachmentInfo attachment, EnvironmentSelection selection)
    {
        var variables = new Dictionary<string, string>(selection.Select(environment.Variables), StringComparer.Ordinal);
        foreach (string prefix in Prefixes)
        {
            variables[prefix + "CONTAINER"] = environment.Container;
            variables[prefix + "MOUNTS"] = string.Join(':', environment.Mounts);
            variables[prefix + "INTERCEPT_ID"] = attachment.Uid ?? "";
            if (attachment.Mount is { } root)
            {
                variables[prefix + "ROOT"] = root;
            }
        }

        return variables;
    }
}
