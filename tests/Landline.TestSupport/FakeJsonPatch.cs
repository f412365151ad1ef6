using System.Text.Json.Nodes;

namespace Landline.TestSupport;

/// <summary>RFC 6902 as far as the product uses it: <c>test</c>, <c>add</c> and <c>replace</c> of members of objects.</summary>
internal static class FakeJsonPatch
{
    /// <returns>False when a test fails or a path leads nowhere: then nothing of it may be kept.</returns>
    public static bool TryApply(JsonObject target, JsonArray operations)
    {
        foreach (JsonNode? operation in operations)
        {
            string[] path = [.. operation!["path"]!.ToString().Split('/').Skip(1)
                .Select(name => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
            if (path[..^1].Aggregate((JsonNode?)target, (node, name) => node?[name]) is not JsonObject parent)
            {
                return false;
            }

            switch (operation["op"]!.ToString())
            {
                case "test" when JsonNode.DeepEquals(parent[path[^1]], operation["value"]):
                    break;
                case "replace" when parent.ContainsKey(path[^1]):
                case "add":
                    parent[path[^1]] = operation["value"]?.DeepClone();
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
