using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Landline.TestSupport;

/// <summary>The REST part of the fake API server: what kubectl does with objects.</summary>
internal sealed class FakeApiServerResources(FakeApiServerObjects objects)
{
    private static readonly JsonObject CoreResources = JsonNode.Parse(
        """
        {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
          {"name": "namespaces", "kind": "Namespace", "namespaced": false}, {"name": "nodes", "kind": "Node", "namespaced": false},
          {"name": "pods", "kind": "Pod", "namespaced": true}, {"name": "pods/status", "kind": "Pod", "namespaced": true},
          {"name": "services", "kind": "Service", "namespaced": true}, {"name": "configmaps", "kind": "ConfigMap", "namespaced": true},
          {"name": "serviceaccounts", "kind": "ServiceAccount", "namespaced": true}]}
        """)!.AsObject();

    private static readonly JsonObject WorkloadResources = JsonNode.Parse(
        """
        {"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
          {"name": "deployments", "kind": "Deployment", "namespaced": true}, {"name": "replicasets", "kind": "ReplicaSet", "namespaced": true},
          {"name": "statefulsets", "kind": "StatefulSet", "namespaced": true}, {"name": "daemonsets", "kind": "DaemonSet", "namespaced": true}]}
        """)!.AsObject();

    private static readonly JsonObject RightsResources = JsonNode.Parse(
        """
        {"kind": "APIResourceList", "groupVersion": "rbac.authorization.k8s.io/v1", "resources": [
          {"name": "clusterroles", "kind": "ClusterRole", "namespaced": false}, {"name": "roles", "kind": "Role", "namespaced": true},
          {"name": "clusterrolebindings", "kind": "ClusterRoleBinding", "namespaced": false},
          {"name": "rolebindings", "kind": "RoleBinding", "namespaced": true}]}
        """)!.AsObject();

    public Func<JsonObject, bool> IsAllowed { get; set; } = _ => true;

    public Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        int rootLength = path.StartsWith("/apis/", StringComparison.Ordinal) ? 4 : 3;
        string[] parts = path.Split('/');
        if (path == "/version")
        {
            return WriteAsync(context, 200, new JsonObject { ["major"] = "1", ["minor"] = "33", ["gitVersion"] = "v1.33.0-fake" });
        }

        JsonObject? served = path switch
        {
            "/api/v1" => CoreResources,
            "/apis/apps/v1" => WorkloadResources,
            "/apis/rbac.authorization.k8s.io/v1" => RightsResources,
            _ => null,
        };
        if (served is not null)
        {
            return WriteAsync(context, 200, (JsonObject)served.DeepClone());
        }

        if (parts.Length <= rootLength || parts[1] is not ("api" or "apis"))
        {
            return WriteStatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
        }

        // /api/v1[/namespaces/NAMESPACE]/PLURAL[/NAME[/SUBRESOURCE]]
        int plural = parts.Length > rootLength + 2 && parts[rootLength] == "namespaces" ? rootLength + 2 : rootLength;
        return (parts.Length - plural, context.Request.Method) switch
        {
            (1, "GET") when context.Request.Query["watch"] == "true" => WatchAsync(context, path),
            (1, "GET") => ListAsync(context, path),
            (1, "POST") => CreateAsync(context, path, parts[plural]),
            (2 or 3, "PATCH") => PatchAsync(context, string.Join('/', parts[..(plural + 2)])),
            (2, "GET") => objects.Get(path) is { } item ? WriteAsync(context, 200, item) : NotFoundAsync(context),
            (2, "PUT") => ReplaceAsync(context, path),
            (2, "DELETE") => DeleteAsync(context, path),
            (3, "POST") when parts[^1] == "token" => WriteAsync(
                context, 201, new JsonObject { ["kind"] = "TokenRequest", ["status"] = new JsonObject { ["token"] = "made-up" } }),
            _ => NotFoundAsync(context),
        };
    }

    public static Task WriteStatusAsync(HttpContext context, int code, string reason, string message) =>
        WriteAsync(context, code, Status(code, reason, message));

    private static JsonObject Status(int code, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["status"] = code < 300 ? "Success" : "Failure",
        ["code"] = code,
        ["reason"] = reason,
        ["message"] = message,
    };

    private static Task NotFoundAsync(HttpContext context)
    {
        string name = context.Request.Path.Value!.Split('/')[^1];
        JsonObject status = Status(404, "NotFound", $"\"{name}\" not found");
        status["details"] = new JsonObject { ["name"] = name };
        return WriteAsync(context, 404, status);
    }

    private static Task WriteAsync(HttpContext context, int code, JsonObject body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString());
    }

    private async Task ListAsync(HttpContext context, string path)
    {
        // Before the objects are looked at: what changes in between comes with the watch that begins here.
        long version = objects.Version;
        IReadOnlyList<JsonObject> all = [.. objects.List(path).Where(item => IsSelected(context, item))];
        int limit = int.TryParse(context.Request.Query["limit"], CultureInfo.InvariantCulture, out int asked) ? asked : all.Count;
        int from = int.TryParse(context.Request.Query["continue"], CultureInfo.InvariantCulture, out int next) ? next : 0;
        JsonObject[] page = [.. all.Skip(from).Take(limit)];
        foreach (JsonObject item in page)
        {
            item.Remove("kind"); // As the real one does for its own kinds.
            item.Remove("apiVersion");
        }

        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (from + page.Length < all.Count)
        {
            metadata["continue"] = (from + page.Length).ToString(CultureInfo.InvariantCulture);
        }

        await WriteAsync(context, 200, new JsonObject { ["kind"] = "List", ["metadata"] = metadata, ["items"] = new JsonArray([.. page]) });
    }

    private async Task WatchAsync(HttpContext context, string path)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.FlushAsync();
        long version = long.Parse(context.Request.Query["resourceVersion"]!, CultureInfo.InvariantCulture);
        while (true)
        {
            if (objects.After(path, version, out version, out Task changed) is not { } events)
            {
                await WriteLineAsync("ERROR", Status(410, "Expired", "too old resource version"));
                return;
            }

            foreach ((string type, JsonObject item) in events)
            {
                if (IsSelected(context, item))
                {
                    await WriteLineAsync(type, item);
                }
            }

            await changed.WaitAsync(context.RequestAborted);
        }

        async Task WriteLineAsync(string type, JsonObject item)
        {
            await context.Response.WriteAsync(new JsonObject { ["type"] = type, ["object"] = item }.ToJsonString() + "\n");
            await context.Response.Body.FlushAsync();
        }
    }

    private async Task CreateAsync(HttpContext context, string path, string plural)
    {
        JsonObject item = await ReadAsync<JsonObject>(context);
        if (plural == "selfsubjectaccessreviews")
        {
            item["status"] = new JsonObject { ["allowed"] = IsAllowed(item) };
            await WriteAsync(context, 201, item);
            return;
        }

        JsonObject metadata = item["metadata"] as JsonObject ?? [];
        string name = metadata["name"]?.ToString() ?? $"{metadata["generateName"]}{Guid.NewGuid().ToString("N")[..5]}";
        if (objects.Get($"{path}/{name}") is not null)
        {
            await WriteStatusAsync(context, 409, "AlreadyExists", $"{plural} \"{name}\" already exists");
            return;
        }

        await WriteAsync(context, 201, context.Request.Query["dryRun"] == "All" ? item : objects.Put($"{path}/{name}", item));
    }

    private async Task ReplaceAsync(HttpContext context, string path)
    {
        JsonObject item = await ReadAsync<JsonObject>(context);
        string? version = item["metadata"]?["resourceVersion"]?.ToString();
        if (objects.Get(path) is not { } before)
        {
            await NotFoundAsync(context);
        }
        else if (version is not null && version != before["metadata"]!["resourceVersion"]!.ToString())
        {
            await WriteStatusAsync(context, 409, "Conflict", "the object has been modified");
        }
        else
        {
            await WriteAsync(context, 200, objects.Put(path, item));
        }
    }

    /// <summary>Does a JSON patch's operations; merges any other kind. An apply also creates.</summary>
    private async Task PatchAsync(HttpContext context, string path)
    {
        JsonObject? item = objects.Get(path);
        bool isApply = context.Request.ContentType!.StartsWith("application/apply-patch", StringComparison.Ordinal);
        if (item is null && !isApply)
        {
            await NotFoundAsync(context);
            return;
        }

        JsonObject changed = item ?? [];
        if (context.Request.ContentType.StartsWith("application/json-patch", StringComparison.Ordinal))
        {
            if (!FakeJsonPatch.TryApply(changed, await ReadAsync<JsonArray>(context)))
            {
                await WriteStatusAsync(context, 422, "Invalid", "the server rejected our request due to an error in our request");
                return;
            }
        }
        else
        {
            JsonObject patch = await ReadAsync<JsonObject>(context);
            if (item is not null && patch["metadata"]?["uid"] is { } meant && meant.ToString() != item["metadata"]!["uid"]!.ToString())
            {
                await WriteStatusAsync(context, 409, "Conflict", "the UID in the precondition is not the UID in the object meta");
                return;
            }

            Merge(changed, patch);
        }

        await WriteAsync(context, item is null ? 201 : 200, objects.Put(path, changed));
    }

    private async Task DeleteAsync(HttpContext context, string path)
    {
        JsonObject options = await ReadAsync<JsonObject>(context);
        if (objects.Get(path) is not { } item)
        {
            await NotFoundAsync(context);
        }
        else if (options["preconditions"] is JsonObject conditions
            && conditions.Any(condition => item["metadata"]![condition.Key]!.ToString() != condition.Value!.ToString()))
        {
            await WriteStatusAsync(context, 409, "Conflict", "the precondition does not match");
        }
        else
        {
            objects.Delete(path);
            await WriteAsync(context, 200, Status(200, "", ""));
        }
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject child && target[name] is JsonObject existing)
            {
                Merge(existing, child);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    /// <summary>Equality of labels and of fields and presence of labels, which is what the product asks for.</summary>
    private static bool IsSelected(HttpContext context, JsonObject item) =>
        Conditions(context, "labelSelector").All(wanted =>
            item["metadata"]!["labels"]?[wanted.Name] is { } label && (wanted.Value is null || label.ToString() == wanted.Value))
        && Conditions(context, "fieldSelector").All(wanted =>
            wanted.Name.Split('.').Aggregate((JsonNode?)item, (node, field) => node?[field])?.ToString() == wanted.Value);

    private static IEnumerable<(string Name, string? Value)> Conditions(HttpContext context, string parameter) =>
        context.Request.Query[parameter].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(condition => condition.Split('=', 2)).Select(pair => (pair[0], pair.ElementAtOrDefault(1)));

    private static async Task<T> ReadAsync<T>(HttpContext context)
        where T : JsonNode =>
        await JsonNode.ParseAsync(context.Request.Body) as T ?? throw new JsonException($"No {typeof(T).Name}.");
}
