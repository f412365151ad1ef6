using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// Answers the workstations' questions for workloads. Each answer costs the API server seven lists, so a workstation has one
/// in the making at a time: what it asks meanwhile shares the next one, and what is more than that is dropped. Thread-safe.
/// </summary>
internal sealed class WorkloadAnswers(
    Func<string, CancellationToken, Task<WorkloadListing>> list, Action<ObjectKey, WorkloadsMessage> send, ILogger logger)
{
    /// <summary>Commands that one user may start at the same moment; a question without an answer is over after 15 s.</summary>
    private const int MostWaiting = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, List<int>> _waiting = []; // There for as long as a task answers that connection.

    /// <summary>Returns when the question is answered, or at once when another call will answer it.</summary>
    public async Task AnswerAsync(ObjectKey connection, int question, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(connection, out List<int>? others))
            {
                if (others.Count < MostWaiting)
                {
                    others.Add(question);
                }

                return;
            }

            _waiting[connection] = [question];
        }

        try
        {
            while (Take(connection) is { Count: > 0 } questions)
            {
                WorkloadListing listing = await list(connection.Namespace, cancellationToken);
                foreach (string failure in listing.Failure is { } whole ? [whole] : listing.Unlisted)
                {
                    AttachmentsLog.NotListed(logger, connection.Namespace, failure);
                }

                foreach (int number in questions)
                {
                    send(connection, new WorkloadsMessage
                    {
                        Request = number, Workloads = listing.Workloads, Error = listing.Failure, Unlisted = listing.Unlisted,
                    });
                }
            }
        }
        catch
        {
            lock (_lock)
            {
                _waiting.Remove(connection);
            }

            throw;
        }
    }

    // Null, and nobody answers any more, when there are none: both under one lock, so that no question falls in between.
    private List<int>? Take(ObjectKey connection)
    {
        lock (_lock)
        {
            if (_waiting.GetValueOrDefault(connection) is { Count: > 0 } questions)
            {
                _waiting[connection] = [];
                return questions;
            }

            _waiting.Remove(connection);
            return null;
        }
    }
}
