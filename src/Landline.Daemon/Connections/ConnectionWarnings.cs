using System.Collections.Concurrent;
using Landline.Protocol.Api;

namespace Landline.Daemon.Connections;

/// <summary>Conditions of a connection that last, for <c>landline status</c>. Any thread may use it.</summary>
internal sealed class ConnectionWarnings(string connection, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Code, string Subject), WarningInfo> _current = new();

    public IReadOnlyList<WarningInfo> Current => [.. _current.Values.OrderBy(warning => warning.Since)];

    /// <param name="code">Stable; documented in docs/errors.md. A condition that goes on keeps its beginning.</param>
    public void Set(string code, string title, string hint) => Set(code, "", title, hint);

    /// <param name="subject">Tells conditions of the same kind apart.</param>
    public void Set(string code, string subject, string title, string hint) => _current.AddOrUpdate(
        (code, subject),
        _ => new WarningInfo(code, title, hint, time.GetUtcNow(), connection),
        (_, standing) => standing with { Title = title, Hint = hint });

    public WarningInfo? Find(string code, string subject) => _current.GetValueOrDefault((code, subject));

    public void Clear(string code) => Clear(code, "");

    /// <returns>Whether there was such a condition.</returns>
    public bool Clear(string code, string subject) => _current.TryRemove((code, subject), out _);
}
