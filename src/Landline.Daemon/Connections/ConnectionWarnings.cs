using System.Collections.Concurrent;
using Landline.Protocol.Api;

namespace Landline.Daemon.Connections;

/// <summary>Conditions of a connection that last, for <c>landline status</c>. Any thread may use it.</summary>
internal sealed class ConnectionWarnings(string connection, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, WarningInfo> _current = new(StringComparer.Ordinal);

    public IReadOnlyList<WarningInfo> Current => [.. _current.Values.OrderBy(warning => warning.Since)];

    /// <param name="code">Stable; documented in docs/errors.md. A condition that goes on keeps its beginning.</param>
    public void Set(string code, string title, string hint) => _current.AddOrUpdate(
        code,
        _ => new WarningInfo(code, title, hint, time.GetUtcNow(), connection),
        (_, standing) => standing with { Title = title, Hint = hint });

    public void Clear(string code) => _current.TryRemove(code, out _);
}
