using Landline.EndToEndTests.Fixtures;

// There is one laptop: what connects it, or breaks something, runs alone (DisableParallelization), after what shares one connection.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
[assembly: TestCollectionOrderer(typeof(ByName))]
[assembly: TestCaseOrderer(typeof(ByName))]
[assembly: AssemblyFixture(typeof(LabFixture))]
[assembly: AssemblyFixture(typeof(CommonScene))]
