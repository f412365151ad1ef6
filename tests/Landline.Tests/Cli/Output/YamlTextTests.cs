using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cli.Output;
using YamlDotNet.RepresentationModel;

namespace Landline.Tests.Cli.Output;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("10.96.0.0/16", "\"10.96.0.0/16\"")]
    [InlineData("true", "\"true\"")]
    [InlineData("No", "\"No\"")]
    [InlineData("", "\"\"")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("- a", "\"- a\"")]
    [InlineData("two\nlines", "\"two\\nlines\"")]
    public void A_string_is_quoted_when_YAML_would_read_it_as_something_else(string text, string expected) =>
        Assert.Equal(expected + "\n", Written(JsonValue.Create(text)));

    [Fact]
    public void Empty_collections_stay_on_their_line() =>
        Assert.Equal("a: []\nb: {}\nc: null\n", Written(JsonNode.Parse("""{"a":[],"b":{},"c":null}""")));

    [Fact]
    public void Lists_of_objects_and_of_lists_are_indented() =>
        Assert.Equal(
            "a:\n  - b: 1\n    c:\n      - 2\n  - - 3\n    - 4\n",
            Written(JsonNode.Parse("""{"a":[{"b":1,"c":[2]},[3,4]]}""")));

    [Fact]
    public void Any_strings_come_back_from_a_YAML_reader() =>
        Prop.ForAll<NonNull<string>[]>(texts =>
        {
            string[] expected = [.. texts.Select(text => Printable(text.Get))];
            using var reader = new StringReader(Written(new JsonArray([.. expected.Select(text => (JsonNode)text)])));
            var yaml = new YamlStream();
            yaml.Load(reader);

            Assert.Equal(expected, yaml.Documents[0].RootNode is YamlSequenceNode list ? list.Select(item => item.ToString()) : []);
        }).QuickCheckThrowOnFailure();

    // YamlDotNet does not read escaped surrogate pairs, which JSON has for what is outside of the basic plane.
    private static string Printable(string text) => new([.. text.Where(c => !char.IsSurrogate(c) && c != '\uFFFE' && c != '\uFFFF')]);

    private static string Written(JsonNode? node)
    {
        var output = new StringWriter { NewLine = "\n" };
        YamlText.Write(output, node);
        return output.ToString();
    }
}
