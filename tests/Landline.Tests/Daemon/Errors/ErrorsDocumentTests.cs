using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Landline.Daemon.Connections;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Protocol.Errors;

namespace Landline.Tests.Daemon.Errors;

/// <summary>
/// docs/errors.md is what the catalogues say. After a change of an error, write it anew with:
/// LANDLINE_UPDATE_DOCS=1 dotnet run --project tests/Landline.Tests -- -class '*ErrorsDocumentTests'
/// </summary>
public sealed class ErrorsDocumentTests
{
    private const string WarningsHeading = "## Warnings\n";

    private static readonly Assembly[] Assemblies = [typeof(Landline.Daemon.DaemonProgram).Assembly, Assembly.Load("landline")];

    [Fact]
    public void The_document_lists_every_error_with_its_sentence_and_its_hint()
    {
        string path = DocumentPath();
        string document = File.ReadAllText(path);
        int end = document.IndexOf(WarningsHeading, StringComparison.Ordinal);
        string expected = Introduction + Catalogue() + document[end..];
        if (Environment.GetEnvironmentVariable("LANDLINE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path));
    }

    [Fact]
    public void Every_code_is_used_for_one_error_only()
    {
        var twice = Errors().GroupBy(error => error.Code).Where(group => group.Count() > 1).Select(group => group.Key);

        Assert.Empty(twice);
    }

    [Fact]
    public void Every_error_is_one_sentence_and_a_hint_without_an_end_point() =>
        Assert.All(Errors(), error =>
        {
            Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
            Assert.Matches("^[a-z]+(-[a-z]+)*$", error.Code);
            Assert.NotEmpty(error.Hint);
        });

    [Fact]
    public void The_document_lists_every_warning()
    {
        string document = File.ReadAllText(DocumentPath());
        string warnings = document[document.IndexOf(WarningsHeading, StringComparison.Ordinal)..];

        Assert.All(
            typeof(WarningCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!),
            code => Assert.Contains($"| `{code}` |", warnings, StringComparison.Ordinal));
    }

    private const string Introduction =
        """
        # Errors and warnings

        Everything that goes wrong and that you can do something about is told as one sentence and one hint, with exit code 1. The
        code of the first column is the same in `landline`'s API (docs/protocol/daemon-api.md) and in the daemon's log.
        Words in capitals stand for what differs from case to case.

        Written from the catalogues in the source by ErrorsDocumentTests, which also fails when this page is out of date.


        """;

    private static string Catalogue()
    {
        var text = new StringBuilder();
        foreach (Type type in CatalogueTypes())
        {
            text.Append(CultureInfo.InvariantCulture, $"## {type.Name}\n\n| code | sentence | hint |\n|---|---|---|\n");
            foreach (UserErrorException error in Errors(type))
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{error.Code}` | {Cell(error.Message)} | {Cell(error.Hint)} |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static IEnumerable<Type> CatalogueTypes() => Assemblies
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.Name.EndsWith("Errors", StringComparison.Ordinal) && Factories(type).Any())
        .OrderBy(type => type.Name, StringComparer.Ordinal);

    private static IEnumerable<UserErrorException> Errors() => CatalogueTypes().SelectMany(Errors);

    private static IEnumerable<UserErrorException> Errors(Type catalogue) => Factories(catalogue)
        .Select(factory => (UserErrorException)factory.Invoke(null, [.. factory.GetParameters().Select(Sample)])!)
        .OrderBy(error => error.Code, StringComparer.Ordinal);

    private static IEnumerable<MethodInfo> Factories(Type type) => type
        .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        .Where(method => method.ReturnType == typeof(UserErrorException));

    private static object? Sample(ParameterInfo parameter)
    {
        string name = string.Concat(parameter.Name!.Select(c => char.IsUpper(c) ? $"-{c}" : $"{char.ToUpperInvariant(c)}"));
        Type type = parameter.ParameterType;
        return type switch
        {
            _ when type == typeof(string) => name,
            _ when type == typeof(int) => 4711,
            _ when type == typeof(bool) => true,
            _ when type == typeof(TimeSpan) => TimeSpan.FromSeconds(30),
            _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
            _ when type == typeof(Uri) => new Uri("https://SERVER:6443"),
            _ when type == typeof(IPNetwork) => IPNetwork.Parse("192.0.2.0/24"),
            _ when type.IsAssignableFrom(typeof(string[])) && type != typeof(object) => new[] { name },
            _ when type == typeof(KubernetesConfigurationException) => new KubernetesConfigurationException("WHAT IS WRONG WITH IT."),
            _ when type == typeof(KubernetesConnectionException) => new KubernetesConnectionException(
                ConnectionFailure.Unreachable, new Uri("https://SERVER:6443"), "WHAT DID NOT WORK, WITH THE SERVER'S ADDRESS.", null),
            _ when type == typeof(KubernetesApiException) => new KubernetesApiException(HttpStatusCode.Forbidden, "Forbidden", "REASON"),
            _ when type == typeof(Exception) => new IOException("REASON"),
            _ => throw new InvalidOperationException($"Add a sample for {type} to {nameof(ErrorsDocumentTests)}."),
        };
    }

    private static string DocumentPath([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "..", "docs", "errors.md"));
}
