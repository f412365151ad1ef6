namespace Landline.EndToEndTests.Attachments;

/// <summary>Tests that leave a workload as they found it use the same one.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedAttachScene : ICollectionFixture<AttachScene>
{
    public const string Name = "attach";
}
