namespace Landline.EndToEndTests.Fixtures;

/// <summary>Tests that leave the laptop connected, as they found it, use one namespace and one connection.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedConnectedScene : ICollectionFixture<ConnectedScene>
{
    public const string Name = "connected";
}

/// <summary>Tests that leave the laptop unconnected, as they found it, use one namespace.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedServerScene : ICollectionFixture<ServerScene>
{
    public const string Name = "server";
}

/// <summary>The same, and tests that look for what is left in the namespace: nobody kills a daemon here, whose Connection would stay a while.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedTidyScene : ICollectionFixture<ServerScene>
{
    public const string Name = "tidy";
}

/// <summary>Tests that attach to <c>web</c>, with handlers on ports 8080 to 8099.</summary>
[CollectionDefinition(Name)]
public sealed class WebOfCommonScene : ICollectionFixture<CommonSceneUse>
{
    public const string Name = "web";
}

/// <summary>Tests of a workload of their own that is changed, with handlers on ports from 8200.</summary>
[CollectionDefinition(Name)]
public sealed class ChangingInCommonScene : ICollectionFixture<CommonSceneUse>
{
    public const string Name = "changing";
}

/// <summary>Tests of the connection and of others beside it, which attach to nothing.</summary>
[CollectionDefinition(Name)]
public sealed class ConnectionOfCommonScene : ICollectionFixture<CommonSceneUse>
{
    public const string Name = "connection";
}

/// <summary>Tests that leave <c>web</c> alone, with handlers on ports 8100 to 8199.</summary>
[CollectionDefinition(Name)]
public sealed class BesideWebInCommonScene : ICollectionFixture<CommonSceneUse>
{
    public const string Name = "beside web";
}

/// <summary>Tests with a scene of their own, which takes the laptop for itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OwnScene
{
    public const string Name = "own";
}
