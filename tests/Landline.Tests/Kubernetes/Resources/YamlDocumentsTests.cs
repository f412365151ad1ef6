using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Landline.Kubernetes.Resources;

namespace Landline.Tests.Kubernetes.Resources;

public sealed class YamlDocumentsTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: -17", """{"a":-17}""")]
    [InlineData("a: 0644", """{"a":420}""")]
    [InlineData("a: 0o17", """{"a":15}""")]
    [InlineData("a: 0x1F", """{"a":31}""")]
    [InlineData("a: 09", """{"a":9}""")]
    [InlineData("a: 1.5e3", """{"a":1500}""")]
    [InlineData("a: .5", """{"a":0.5}""")]
    [InlineData("a: .inf", """{"a":".inf"}""")]
    [InlineData("a: 10.96.0.10", """{"a":"10.96.0.10"}""")]
    [InlineData("a: 8080:80", """{"a":"8080:80"}""")]
    [InlineData("a: 500m", """{"a":"500m"}""")]
    [InlineData("a: true", """{"a":true}""")]
    [InlineData("a: False", """{"a":false}""")]
    [InlineData("a: yes", """{"a":"yes"}""")]
    [InlineData("a: \"true\"", """{"a":"true"}""")]
    [InlineData("a: '1'", """{"a":"1"}""")]
    [InlineData("a: !!str 1", """{"a":"1"}""")]
    [InlineData("a:", """{"a":null}""")]
    [InlineData("a: ~", """{"a":null}""")]
    [InlineData("a: ''", """{"a":""}""")]
    [InlineData("a: |\n  1\n", """{"a":"1\n"}""")]
    [InlineData("- {a: [1, b]}", """[{"a":[1,"b"]}]""")]
    [InlineData("""{"a": "\u00e4\n"}""", """{"a":"\u00E4\n"}""")]
    [InlineData("a: &x {b: 1}\nc: *x", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("a: &x {b: 1, d: 2}\nc: {<<: *x, b: 3}", """{"a":{"b":1,"d":2},"c":{"b":3,"d":2}}""")]
    [InlineData("1: x", """{"1":"x"}""")]
    public void A_text_becomes_what_kubectl_reads(string yaml, string json)
    {
        Assert.Equal(json, Assert.Single(YamlDocuments.ReadAll(yaml)).ToJsonString());
    }

    [Fact]
    public void Empty_documents_are_left_out_and_lists_are_taken_apart()
    {
        IReadOnlyList<JsonObject> manifests = YamlDocuments.ReadManifests(
            """
            # nothing
            ---
            kind: A
            ---
            ---
            kind: List
            items:
            - kind: B
            - kind: C
            """);

        Assert.Equal(["A", "B", "C"], manifests.Select(manifest => manifest["kind"]!.ToString()));
    }

    [Theory]
    [InlineData("a: 1\na: 2", "The key 'a' is there twice")]
    [InlineData("a: *nothing", "There is no anchor 'nothing' before this")]
    [InlineData("a: &x [*x]", "There is no anchor 'x' before this")]
    [InlineData("a: [", "Line 2, column 1")]
    [InlineData("? [a]\n: b", "A key must be a plain value")]
    public void What_is_wrong_is_said_with_its_line(string yaml, string part)
    {
        var error = Assert.Throws<FormatException>(() => YamlDocuments.ReadAll(yaml));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_and_size_are_limited()
    {
        string bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + string.Concat(
            Enumerable.Range(1, 9).Select(i => $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(", ", Enumerable.Repeat($"*{(char)('a' + i - 1)}", 10))}]\n"));

        Assert.Throws<FormatException>(() => YamlDocuments.ReadAll(new string('[', 50_000)));
        Assert.Throws<FormatException>(() => YamlDocuments.ReadAll(string.Concat(Enumerable.Repeat("- ", 50_000))));
        Assert.Throws<FormatException>(() => YamlDocuments.ReadAll(bomb));
    }

    [Fact]
    public void Any_garbage_is_read_or_refused()
    {
        Gen<string> garbage = Gen.ArrayOf(Gen.Elements("a", " ", "\n", "  ", "- ", ": ", "[", "]", "{", "}", "\"", "'", "\\", "&a", "*a", "|", ">", "!", "%", "#", "?", "0x", "\t", "\u0085", "\ud800", ","))
            .Select(string.Concat);

        Prop.ForAll(garbage.ToArbitrary(), text =>
        {
            try
            {
                YamlDocuments.ReadAll(text);
            }
            catch (FormatException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void What_is_written_is_read_back_as_it_was()
    {
        Gen<JsonNode?> scalar = Gen.OneOf(
            Gen.Elements("a", "", "1", "0644", "true", "null", "~", "- x", "a: b", "#", " x ", "multi\nline\n", "multi\nline", "\n", "*a", "&a", "!t", "%", "@", "`", "'", "\"", "1e3", "0x1f", "2020-01-01", "yes", "=", "<<", "a #b", "\u00e4\u20ac", "\t", "a\r\nb", " lead\nx").Select(text => (JsonNode?)JsonValue.Create(text)),
            Gen.Choose(-1000, 1000).Select(number => (JsonNode?)JsonValue.Create(number)),
            Gen.Elements(true, false).Select(flag => (JsonNode?)JsonValue.Create(flag)),
            Gen.Constant((JsonNode?)null));
        Gen<JsonNode> document = Nested(3);

        Prop.ForAll(document.ToArbitrary(), node =>
            Assert.Equal(node.ToJsonString(), Assert.Single(YamlDocuments.ReadAll(YamlWriter.Write([node]))).ToJsonString()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

        Gen<JsonNode> Nested(int depth)
        {
            Gen<JsonNode?> child = depth == 0 ? scalar : Gen.OneOf(scalar, Nested(depth - 1).Select(node => (JsonNode?)node));
            return Gen.OneOf(
                Gen.ArrayOf(child, 3).Select(items => (JsonNode)new JsonArray([.. items.Select(item => item?.DeepClone())])),
                Gen.ArrayOf(child, 3).Select(items => (JsonNode)new JsonObject(items.Select((item, i) => KeyValuePair.Create(i == 0 ? "no" : $"k{i}", item?.DeepClone())))));
        }
    }
}
