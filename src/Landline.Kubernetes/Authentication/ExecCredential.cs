using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Authentication;

/// <summary>What an exec plug-in gave. No expiry: good until the API server refuses it.</summary>
internal sealed record ExecCredential(string? Token, ClientCertificate? Certificate, DateTimeOffset? ExpiresAt)
{
    // Which of two fields of one name is meant nobody knows.
    private static readonly JsonDocumentOptions OneOfEach = new() { AllowDuplicateProperties = false };

    /// <exception cref="KubernetesConfigurationException">The output is not what the plug-in promised.</exception>
    public static ExecCredential Parse(string output, ExecPlugin plugin)
    {
        JsonObject answer;
        try
        {
            answer = JsonNode.Parse(output, documentOptions: OneOfEach) as JsonObject ?? throw new JsonException("It is not an object.");
        }
        catch (JsonException e)
        {
            throw Problem(plugin, "wrote something that is not an ExecCredential in JSON", e);
        }

        if (Text(answer, "kind") != "ExecCredential" || Text(answer, "apiVersion") != plugin.ApiVersion)
        {
            throw Problem(plugin, $"wrote no ExecCredential of {plugin.ApiVersion}, which the kubeconfig asks for", null);
        }

        var status = answer["status"] as JsonObject;
        string? token = Text(status, "token");
        string? certificate = Text(status, "clientCertificateData");
        string? key = Text(status, "clientKeyData");
        if (token is null && certificate is null)
        {
            throw Problem(plugin, "gave neither a token nor a client certificate", null);
        }

        if (certificate is null != key is null)
        {
            throw Problem(plugin, "gave a client certificate or a key without the other", null);
        }

        return new ExecCredential(
            token,
            certificate is null ? null : ClientCertificate.Parse(certificate, key!, $"exec plug-in {plugin}"),
            Text(status, "expirationTimestamp") is { } time ? ParseTime(time, plugin) : null);
    }

    private static DateTimeOffset ParseTime(string text, ExecPlugin plugin) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : throw Problem(plugin, $"gave an expirationTimestamp that is no time: '{text}'", null);

    private static string? Text(JsonObject? parent, string field)
    {
        try
        {
            return parent?[field] is JsonValue value && value.ToString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null; // Half a surrogate pair, escaped.
        }
    }

    private static KubernetesConfigurationException Problem(ExecPlugin plugin, string what, Exception? cause) =>
        new($"The exec plug-in {plugin} {what}.", null, cause);
}
