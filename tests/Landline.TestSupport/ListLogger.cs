using Microsoft.Extensions.Logging;

namespace Landline.TestSupport;

/// <summary>Keeps what was logged, for tests to look at.</summary>
public sealed class ListLogger<T> : ILogger<T>
{
    private readonly List<(int EventId, string Message)> _records = [];

    public IReadOnlyList<(int EventId, string Message)> Records => _records;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _records.Add((eventId.Id, formatter(state, exception)));
}
