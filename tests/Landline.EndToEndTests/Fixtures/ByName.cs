using Xunit.Sdk;
using Xunit.v3;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// Collections and tests run by name. Without it their order comes of hashes of the program's path: another in each checkout, so that
/// what one test leaves to the next would be another thing there.
/// </summary>
public sealed class ByName : ITestCollectionOrderer, ITestCaseOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];

    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase =>
        [.. testCases.OrderBy(static test => test.TestCaseDisplayName, StringComparer.Ordinal)];
}
