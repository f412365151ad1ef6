using System.Text;

namespace Landline.Daemon.Diagnostics;

/// <summary>
/// A log file that only its owner can read and that does not grow without end: when it is full it becomes FILE.1 and
/// a new one begins. Any thread may write.
/// </summary>
public sealed class LogFile : IDisposable
{
    /// <summary>Some 40,000 lines; two files of it fit into a support bundle that can be mailed.</summary>
    public const long LargestBytes = 4 << 20;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly long _largestBytes;
    private FileStream? _file;

    public LogFile(string path, long largestBytes = LargestBytes)
    {
        _path = path;
        _largestBytes = largestBytes;
        _file = Open(path);
    }

    public void WriteLine(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (_lock)
        {
            if (_file is null)
            {
                return;
            }

            if (_file.Length + bytes.Length > _largestBytes)
            {
                _file.Dispose();
                File.Move(_path, _path + ".1", overwrite: true);
                _file = Open(_path);
            }

            _file.Write(bytes);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    // Unbuffered, so that the last words of a process that dies are in the file.
    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
