using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Landline.Protocol.Api;

namespace Landline.Tests.Documents;

/// <summary>docs/protocol/daemon-api.md names every field of the records that go over the daemon's socket.</summary>
public sealed class DaemonApiDocumentTests
{
    private static readonly string Document = SourceTree.Document("protocol/daemon-api.md");

    [Theory]
    [InlineData(typeof(DaemonStatus), "## GET /v1/status\n", "A connection:\n")]
    [InlineData(typeof(WarningInfo), "## GET /v1/status\n", "A connection:\n")]
    [InlineData(typeof(StatusReport), "## GET /v1/status\n", "A connection:\n")]
    [InlineData(typeof(ConnectionInfo), "A connection:\n", "An attachment:\n")]
    [InlineData(typeof(DnsInfo), "A connection:\n", "An attachment:\n")]
    [InlineData(typeof(SessionInfo), "A connection:\n", "An attachment:\n")]
    [InlineData(typeof(AttachmentInfo), "An attachment:\n", "## POST /v1/connection\n")]
    [InlineData(typeof(AttachedPort), "An attachment:\n", "## POST /v1/connection\n")]
    [InlineData(typeof(AttachedPod), "An attachment:\n", "## POST /v1/connection\n")]
    [InlineData(typeof(HttpMatch), "An attachment:\n", "## POST /v1/connection\n")]
    [InlineData(typeof(ConnectRequest), "## POST /v1/connection\n", "## DELETE /v1/connection\n")]
    [InlineData(typeof(AttachRequest), "## POST /v1/attachments\n", "## DELETE /v1/attachments/NAME\n")]
    [InlineData(typeof(ToPodPort), "## POST /v1/attachments\n", "## DELETE /v1/attachments/NAME\n")]
    [InlineData(typeof(MountRequest), "## POST /v1/attachments\n", "## DELETE /v1/attachments/NAME\n")]
    [InlineData(typeof(WorkloadEnvironment), "## GET /v1/attachments/NAME/environment\n", "## GET /v1/workloads\n")]
    [InlineData(typeof(WorkloadReport), "## GET /v1/workloads\n", "## Errors\n")]
    [InlineData(typeof(WorkloadInfo), "## GET /v1/workloads\n", "## Errors\n")]
    [InlineData(typeof(WorkloadAttachment), "`attachments[]` (`name`, `objectName`, `type`, `owner`", "## Errors\n")]
    [InlineData(typeof(ApiError), "## Errors\n", "")]
    public void It_names_every_field(Type record, string from, string to)
    {
        string section = Section(from, to);

        Assert.All(Fields(record), field => Assert.Matches($"""["`]{field}(\[\])?["`]""", section));
    }

    [Theory]
    [InlineData(typeof(ConnectEvent), "## POST /v1/connection\n", "## DELETE /v1/connection\n")]
    [InlineData(typeof(AttachEvent), "## POST /v1/attachments\n", "## DELETE /v1/attachments/NAME\n")]
    public void It_lists_the_fields_of_each_event(Type events, string from, string to)
    {
        string section = Section(from, to);

        Assert.All(events.GetCustomAttributes<JsonDerivedTypeAttribute>(), one =>
        {
            Match row = Regex.Match(section, $@"^\| `{one.TypeDiscriminator}` \| ([^|]*) \|", RegexOptions.Multiline);
            Assert.Equal(
                Fields(one.DerivedType).Order(StringComparer.Ordinal),
                Regex.Matches(row.Groups[1].Value, @"`(\w+)(\[\])?`").Select(name => name.Groups[1].Value).Order(StringComparer.Ordinal));
        });
    }

    private static string Section(string from, string to)
    {
        int begin = Document.IndexOf(from, StringComparison.Ordinal);
        Assert.True(begin >= 0, $"There is no '{from}'.");
        int end = to.Length == 0 ? Document.Length : Document.IndexOf(to, begin, StringComparison.Ordinal);
        Assert.True(end > begin, $"There is no '{to}' behind '{from}'.");
        return Document[begin..end];
    }

    private static IEnumerable<string> Fields(Type record) => record
        .GetProperties(BindingFlags.Instance | BindingFlags.Public)
        .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));
}
