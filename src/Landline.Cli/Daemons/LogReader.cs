using System.Text;
using Landline.Daemon.Api;

namespace Landline.Cli.Daemons;

/// <summary>Reads a connection's two logs as one story, in the order of their time stamps.</summary>
internal sealed class LogReader(ConnectionDirectory directory, TimeProvider time)
{
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(200);

    public async Task WriteAsync(TextWriter output, bool follow, CancellationToken cancellationToken)
    {
        var daemon = new Tail(directory.DaemonLog, "daemon");
        var helper = new Tail(directory.HelperLog, "helper");
        while (true)
        {
            // Lines without a time stamp (stack traces) stay behind the line that they belong to.
            var lines = daemon.ReadNew().Concat(helper.ReadNew()).OrderBy(line => line.Time, StringComparer.Ordinal);
            foreach ((string _, string source, string text) in lines)
            {
                await output.WriteLineAsync($"{source} | {text}");
            }

            if (!follow)
            {
                return;
            }

            await output.FlushAsync(cancellationToken);
            await Task.Delay(FollowInterval, time, cancellationToken);
        }
    }

    /// <summary>One file from where the last look ended; begins anew when the file was replaced.</summary>
    private sealed class Tail(string path, string source)
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private readonly StringBuilder _rest = new();
        private long _position;
        private string _lastTime = "";

        public List<(string Time, string Source, string Text)> ReadNew()
        {
            var lines = new List<(string, string, string)>();
            if (!File.Exists(path))
            {
                return lines;
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            _position = file.Length < _position ? 0 : _position;
            file.Position = _position;
            byte[] bytes = new byte[file.Length - _position];
            file.ReadExactly(bytes);
            _position += bytes.Length;
            char[] characters = new char[_decoder.GetCharCount(bytes, flush: false)];
            _decoder.GetChars(bytes, characters, flush: false);
            _rest.Append(characters);

            string text = _rest.ToString();
            int end = text.LastIndexOf('\n') + 1;
            _rest.Remove(0, end);
            foreach (string line in text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                _lastTime = TimeOf(line) ?? _lastTime;
                lines.Add((_lastTime, source, line));
            }

            return lines;
        }

        // yyyy-MM-ddTHH:mm:ss.fffZ
        private static string? TimeOf(string line) =>
            line.Length > 24 && line[4] == '-' && line[10] == 'T' && line[23] == 'Z' ? line[..24] : null;
    }
}
