namespace Landline.Kubernetes.Configuration;

/// <summary>Who to act as: what the command line says replaces what the kubeconfig's user says.</summary>
internal static class ImpersonationReader
{
    /// <exception cref="KubernetesConfigurationException">Groups or other attributes without a user.</exception>
    public static Impersonation? Read(KubeconfigOptions options, KubeconfigEntry? user)
    {
        if (options.As is not null)
        {
            return new Impersonation { User = options.As, Groups = options.AsGroups };
        }

        IReadOnlyList<string> groups = options.AsGroups.Count > 0 ? options.AsGroups : user?.Texts("as-groups") ?? [];
        if (user?.Text("as") is { } name)
        {
            return new Impersonation
            {
                User = name,
                Uid = user.Text("as-uid"),
                Groups = groups,
                Extra = user.TextsByName("as-user-extra"),
            };
        }

        return groups.Count == 0
            ? null
            : throw new KubernetesConfigurationException("Groups to act as were given without a user to act as.");
    }
}
