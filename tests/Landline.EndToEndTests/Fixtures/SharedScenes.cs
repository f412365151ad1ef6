namespace Landline.EndToEndTests.Fixtures;

/// <summary>Tests that leave the laptop connected, as they found it, use one namespace and one connection.</summary>
[CollectionDefinition(Name)]
public sealed class SharedConnectedScene : ICollectionFixture<ConnectedScene>
{
    public const string Name = "connected";
}

/// <summary>Tests that leave the laptop unconnected, as they found it, use one namespace.</summary>
[CollectionDefinition(Name)]
public sealed class SharedServerScene : ICollectionFixture<ServerScene>
{
    public const string Name = "server";
}

/// <summary>The same, and tests that look for what is left in the namespace: nobody kills a daemon here, whose Connection would stay a while.</summary>
[CollectionDefinition(Name)]
public sealed class SharedTidyScene : ICollectionFixture<ServerScene>
{
    public const string Name = "tidy";
}
