using System.Runtime.InteropServices;

namespace Landline.Networking.Files;

/// <summary>A system call on a file failed; <see cref="Number"/> is its errno.</summary>
public sealed class FileError(int number) : IOException(Marshal.GetPInvokeErrorMessage(number))
{
    public const int OperationNotPermitted = 1;
    public const int NoSuchFile = 2;
    public const int PermissionDenied = 13;
    public const int Exists = 17;
    public const int InvalidArgument = 22;
    public const int ReadOnlyFileSystem = 30;
    public const int NotSupported = 95;

    public int Number { get; } = number;

    /// <summary>Called before anything else can overwrite errno.</summary>
    internal static FileError OfLastCall() => new(Marshal.GetLastPInvokeError());
}
