using System.Diagnostics;
using Landline.Daemon.Api;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Landline.FunctionalTests.Daemon;

/// <summary>Who may use the daemon's socket, tried by processes of other users.</summary>
public sealed class ApiAccessTests
{
    private const int Somebody = 54321;
    private const int SomebodyElse = 54322;

    [RootFact]
    public async Task The_owner_and_root_may_call_and_nobody_else()
    {
        string folder = Directory.CreateTempSubdirectory("landline-api-").FullName;
        try
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
            string socket = Path.Combine(folder, "daemon.sock");
            var logger = new ListLoggerFactory();
            await using WebApplication api = DaemonApi.Build(socket, Somebody, new NothingToConnect(), logger);
            await api.StartAsync(Deadline.Token);

            // The mode keeps others out already; here it is the second line that is tried.
            File.SetUnixFileMode(socket, (UnixFileMode)0x1B6);

            Assert.Equal(0, await CallAsync(socket, Somebody));
            Assert.Equal(0, await CallAsync(socket, 0));
            Assert.NotEqual(0, await CallAsync(socket, SomebodyElse));
            Assert.Contains(logger.Messages, message => message.Contains($"User {SomebodyElse} tried", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> CallAsync(string socket, int user)
    {
        var start = new ProcessStartInfo("setpriv") { RedirectStandardOutput = true };
        string[] arguments =
        [
            $"--reuid={user}", $"--regid={user}", "--clear-groups",
            "curl", "-s", "--unix-socket", socket, "http://daemon/v1/status",
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync(Deadline.Token);
        await process.WaitForExitAsync(Deadline.Token);
        return process.ExitCode;
    }

    private sealed class NothingToConnect : IConnectionHost
    {
        public DaemonStatus Status => new("0", 0, null, []);

        public Task<string> Over => Task.FromResult("there is none");

        public AttachmentSet Attachments => throw new InvalidOperationException();

        public Task<ConnectedEvent> ConnectAsync(
            ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken) =>
            throw new InvalidOperationException();

        public Task<bool> ReleaseAsync(string hold) => Task.FromResult(false);

        public Task DisconnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class ListLoggerFactory : ILoggerFactory
    {
        private readonly ListLogger<ApiAccessTests> _logger = new();

        public IEnumerable<string> Messages => _logger.Records.Select(record => record.Message);

        public ILogger CreateLogger(string categoryName) => _logger;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
