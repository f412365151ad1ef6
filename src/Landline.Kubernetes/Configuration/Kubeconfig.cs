using System.Text.Json.Nodes;
using Landline.Kubernetes.Resources;

namespace Landline.Kubernetes.Configuration;

/// <summary>
/// The kubeconfig files, merged as kubectl does: for each named entry, and for the current context, the first file
/// that has it wins. See https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/.
/// </summary>
internal sealed class Kubeconfig
{
    private readonly Dictionary<string, KubeconfigEntry> _clusters = [];
    private readonly Dictionary<string, KubeconfigEntry> _users = [];
    private readonly Dictionary<string, KubeconfigEntry> _contexts = [];
    private readonly List<string> _files = [];

    private Kubeconfig()
    {
    }

    public string? CurrentContext { get; private set; }

    public IEnumerable<string> ContextNames => _contexts.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether nothing was configured: no file, or files without entries.</summary>
    public bool IsEmpty => _clusters.Count + _users.Count + _contexts.Count == 0 && CurrentContext is null;

    /// <summary>For sentences: the files that were read.</summary>
    public string Files => string.Join(", ", _files);

    /// <exception cref="KubernetesConfigurationException">A file cannot be read or is no kubeconfig.</exception>
    public static Kubeconfig Read(IEnumerable<string> paths, bool missingFilesAreAnError)
    {
        var merged = new Kubeconfig();
        foreach (string path in paths.Select(Path.GetFullPath).Distinct())
        {
            if (missingFilesAreAnError && !File.Exists(path))
            {
                throw new KubernetesConfigurationException($"The kubeconfig {path} does not exist.");
            }

            merged.Add(path);
        }

        return merged;
    }

    public KubeconfigEntry? Context(string name) => _contexts.GetValueOrDefault(name);

    public KubeconfigEntry? Cluster(string name) => _clusters.GetValueOrDefault(name);

    public KubeconfigEntry? User(string name) => _users.GetValueOrDefault(name);

    /// <summary>
    /// What a cluster's extension of this name holds, with its numbers and booleans as such; null when there is none.
    /// </summary>
    public static JsonNode? ClusterExtension(string file, string clusterName, string extensionName)
    {
        IReadOnlyList<JsonNode> documents = YamlDocuments.ReadAll(File.ReadAllText(file));
        return documents.Count > 0
            && documents[0]["clusters"] is JsonArray clusters
            && Named(clusters, clusterName)?["cluster"]?["extensions"] is JsonArray extensions
                ? Named(extensions, extensionName)?["extension"]?.DeepClone()
                : null;
    }

    private static JsonObject? Named(JsonArray list, string name) =>
        list.OfType<JsonObject>().FirstOrDefault(entry => entry["name"] is JsonValue value && value.ToString() == name);

    private void Add(string path)
    {
        IReadOnlyList<JsonNode> documents;
        try
        {
            documents = YamlDocuments.ReadAllAsText(File.ReadAllText(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"The kubeconfig {path} cannot be read: {e.Message}", null, e);
        }
        catch (FormatException e)
        {
            throw new KubernetesConfigurationException(
                $"The kubeconfig {path} is not valid YAML: {e.Message.TrimEnd('.')}.", null, e);
        }

        _files.Add(path);
        if (documents.Count == 0)
        {
            return; // An empty file is an empty configuration.
        }

        if (documents[0] is not JsonObject config)
        {
            throw new KubernetesConfigurationException($"The kubeconfig {path} is no kubeconfig: it is not a mapping.");
        }

        CurrentContext ??= new KubeconfigEntry("the top level", path, config).Text("current-context");
        AddNamed(config, "clusters", "cluster", path, _clusters);
        AddNamed(config, "users", "user", path, _users);
        AddNamed(config, "contexts", "context", path, _contexts);
    }

    private static void AddNamed(
        JsonObject config, string listName, string fieldName, string path, Dictionary<string, KubeconfigEntry> entries)
    {
        var top = new KubeconfigEntry($"'{listName}'", path, config);
        foreach (KubeconfigEntry named in top.Children(listName))
        {
            string name = named.Text("name") ?? throw top.Problem("an entry has no name");
            string title = $"{fieldName} '{name}'";
            entries.TryAdd(name, named.Child(fieldName, title) ?? new KubeconfigEntry(title, path, []));
        }
    }
}
