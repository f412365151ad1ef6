using Landline.EndToEndTests.Fixtures;

// There is one laptop: two tests at once would see each other's routes and resolver.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(LabFixture))]
