using System.Collections.Concurrent;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;

namespace Landline.Daemon.Attachments;

/// <summary>Asks the manager which workloads there are, and finds the answers among its messages.</summary>
internal sealed class WorkloadQuestions(ControlChannel control, TimeProvider time)
{
    /// <summary>The manager asks the API server for seven lists; a large namespace takes it a second.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<int, TaskCompletionSource<WorkloadsMessage>> _open = new();
    private int _last;

    /// <summary>Null: no answer in time.</summary>
    public async Task<WorkloadsMessage?> AskAsync(CancellationToken cancellationToken)
    {
        int number = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<WorkloadsMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[number] = answer;
        try
        {
            return await control.TrySendAsync(new ListWorkloadsMessage { Request = number }, cancellationToken)
                ? await answer.Task.WaitAsync(LongestAnswer, time, cancellationToken)
                : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _open.TryRemove(number, out _);
        }
    }

    public void Answer(WorkloadsMessage message)
    {
        if (_open.TryGetValue(message.Request, out TaskCompletionSource<WorkloadsMessage>? question))
        {
            question.TrySetResult(message);
        }
    }
}
