using System.Text;

namespace Landline.Daemon.Diagnostics;

/// <summary>
/// A log file that only its owner can read and that does not grow without end: when it is full it becomes FILE.1 and
/// a new one begins. Any thread may write. A line that the disk does not take is left out, and how many those were is said
/// as soon as it takes one again: nobody who has something to tell fails because of it.
/// </summary>
public sealed class LogFile : IDisposable
{
    /// <summary>Some 40,000 lines; two files of it fit into a support bundle that can be mailed.</summary>
    public const long LargestBytes = 4 << 20;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly long _largestBytes;
    private FileStream? _file;
    private bool _isDisposed;
    private int _leftOut;

    public LogFile(string path, long largestBytes = LargestBytes)
    {
        (_path, _largestBytes) = (path, largestBytes);
        Try(() => _file = Open(path));
    }

    public void WriteLine(string line)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            string gap = _leftOut > 0 ? $"({_leftOut} lines are missing here: the disk did not take them)\n" : "";
            _leftOut = Try(() => Append(Encoding.UTF8.GetBytes($"{gap}{line}\n"))) ? 0 : _leftOut + 1;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            Close();
        }
    }

    private void Append(byte[] bytes)
    {
        _file ??= Open(_path);
        if (_file.Length + bytes.Length > _largestBytes)
        {
            Close();
            File.Move(_path, _path + ".1", overwrite: true);
            _file = Open(_path);
        }

        long end = _file.Position;
        try
        {
            _file.Write(bytes);
        }
        catch (IOException)
        {
            // No half a line.
            _file.SetLength(end);
            throw;
        }
    }

    private void Close()
    {
        FileStream? file = _file;
        _file = null;
        file?.Dispose();
    }

    private static bool Try(Action access)
    {
        try
        {
            access();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
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
