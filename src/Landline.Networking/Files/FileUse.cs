namespace Landline.Networking.Files;

/// <summary>What a file is opened for.</summary>
[Flags]
public enum FileUse
{
    None = 0,
    Read = 1,
    Write = 2,
    Append = 4,
    Create = 8,
    Truncate = 16,

    /// <summary>With <see cref="Create"/>: fail when it exists.</summary>
    New = 32,
}
