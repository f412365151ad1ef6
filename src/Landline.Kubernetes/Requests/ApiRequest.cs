using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Landline.Kubernetes.Requests;

/// <summary>A request that can be sent several times.</summary>
/// <param name="Path">From the root of the API, without a query.</param>
internal sealed record ApiRequest(HttpMethod Method, string Path)
{
    public IReadOnlyList<(string Name, string? Value)> Query { get; init; } = [];

    public JsonNode? Content { get; init; }

    public string MediaType { get; init; } = "application/json";

    public string Accept { get; init; } = "application/json";

    /// <summary>Makes the connection when there has to be a new one; null = as the transport does.</summary>
    public Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? Connect { get; init; }

    /// <summary>Whoever sends it has another way, and wants to know at once.</summary>
    public bool IsSentOnce { get; init; }

    /// <summary>Only reading may be repeated when it is not known whether the server did it.</summary>
    public bool IsRepeatable => Method == HttpMethod.Get;

    /// <summary>Path and query; the parameters without a value are left out.</summary>
    public string PathAndQuery
    {
        get
        {
            string query = string.Join('&', Query.Where(parameter => parameter.Value is not null)
                .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}"));
            return query.Length == 0 ? Path : $"{Path}{(Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}";
        }
    }

    public override string ToString() => $"{Method} {Path}";

    /// <param name="server">Its path, if it has one, comes before the API's.</param>
    public HttpRequestMessage MakeMessage(Uri server)
    {
        string address = server.GetLeftPart(UriPartial.Path).TrimEnd('/') + PathAndQuery;
        var message = new HttpRequestMessage(Method, new Uri(address))
        {
            // As the server offers; with 1.1 a watch occupies a connection of its own.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        message.Options.Set(ConnectionMaker.Key, Connect);
        if (Content is not null)
        {
            var content = new StringContent(Content.ToJsonString());
            content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
            message.Content = content;
        }

        return message;
    }
}
