using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Diagnostics;

/// <summary>Writes log records to a <see cref="LogFile"/>, one line each, exceptions below theirs.</summary>
internal sealed class FileLoggerProvider(LogFile file, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new FileLogger(file, time, ShortName(categoryName));

    public void Dispose()
    {
        // The file belongs to whoever opened it.
    }

    private static string ShortName(string category) =>
        category.StartsWith("Landline.", StringComparison.Ordinal) ? category["Landline.".Length..] : category;

    private sealed class FileLogger(LogFile file, TimeProvider time, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {Word(logLevel)} {eventId.Id,4} {category}: {formatter(state, exception)}");
            file.WriteLine(exception is null ? line : $"{line}\n{exception}");
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Trace or LogLevel.Debug => "debug",
            LogLevel.Information => "info ",
            LogLevel.Warning => "warn ",
            _ => "error",
        };
    }
}
