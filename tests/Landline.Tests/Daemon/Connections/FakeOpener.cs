using Landline.Daemon.Attachments;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;

namespace Landline.Tests.Daemon.Connections;

/// <summary>Opens connections that exist only here, when and how the test says.</summary>
internal sealed class FakeOpener : IConnectionOpener
{
    public Func<ConnectRequest, CancellationToken, Task> BeforeOpening { get; set; } = (_, _) => Task.CompletedTask;

    public List<FakeConnection> Opened { get; } = [];

    public async Task<IOpenConnection> OpenAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        await report(new ProgressEvent("Opening"));
        await BeforeOpening(request, cancellationToken);
        var connection = new FakeConnection(request);
        Opened.Add(connection);
        return connection;
    }
}

/// <summary>A connection that stands until the test says that it is lost.</summary>
internal sealed class FakeConnection(ConnectRequest request) : IOpenConnection
{
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsPutBack { get; private set; }

    public Task<string> Lost => _lost.Task;

    public AttachmentSet Attachments => throw new NotSupportedException("A connection that exists only here attaches to nothing.");

    public void Lose(string reason) => _lost.TrySetResult(reason);

    public ConnectionInfo Describe() => new()
    {
        Name = request.Name,
        Status = ConnectionState.Connected,
        StatusSince = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Context = request.Context,
        Server = "https://198.51.100.1:6443",
        Namespace = request.Namespace,
        ManagerNamespace = request.ManagerNamespace,
        Subnets = ["10.96.0.0/16"],
    };

    public IReadOnlyList<WarningInfo> Warnings() => [];

    public ValueTask DisposeAsync()
    {
        IsPutBack = true;
        _lost.TrySetResult("it was ended");
        return ValueTask.CompletedTask;
    }
}
