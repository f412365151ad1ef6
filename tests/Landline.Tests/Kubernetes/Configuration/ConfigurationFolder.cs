using Landline.Kubernetes.Configuration;

namespace Landline.Tests.Kubernetes.Configuration;

/// <summary>A machine whose files are in a folder of its own and whose environment is what a test says.</summary>
internal sealed class ConfigurationFolder : IDisposable
{
    private readonly Dictionary<string, string> _variables = [];

    public string Root { get; } = Directory.CreateTempSubdirectory("landline-kubeconfig-").FullName;

    public MachineEnvironment Machine => new(_variables.GetValueOrDefault, Path.Combine(Root, "home"), Path.Combine(Root, "serviceaccount"), false);

    public string Write(string name, string content)
    {
        string path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>A shell script that a kubeconfig can name.</summary>
    public string WriteProgram(string name, string script)
    {
        string path = Write(name, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public void Set(string variable, string value) => _variables[variable] = value;

    public ClusterSettings Load() => Load(new KubeconfigOptions());

    public ClusterSettings Load(KubeconfigOptions options) => KubernetesConfiguration.Load(options, Machine);

    /// <summary>Writes the kubeconfig and loads it.</summary>
    public ClusterSettings LoadText(string kubeconfig) =>
        Load(new KubeconfigOptions { Path = Write("config", kubeconfig) });

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
