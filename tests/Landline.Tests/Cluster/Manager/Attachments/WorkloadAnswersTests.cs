using System.Collections.Concurrent;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Attachments;

public sealed class WorkloadAnswersTests
{
    private static readonly ObjectKey Alice = new("shop", "alice");

    private readonly ConcurrentQueue<(ObjectKey Connection, WorkloadsMessage Message)> _sent = new();
    private readonly ConcurrentQueue<TaskCompletionSource<WorkloadListing>> _listings = new();
    private readonly WorkloadAnswers _answers;

    public WorkloadAnswersTests() => _answers = new WorkloadAnswers(
        (_, cancellationToken) =>
        {
            var listing = new TaskCompletionSource<WorkloadListing>(TaskCreationOptions.RunContinuationsAsynchronously);
            _listings.Enqueue(listing);
            return listing.Task.WaitAsync(cancellationToken);
        },
        (connection, message) => _sent.Enqueue((connection, message)),
        NullLogger.Instance);

    [Fact]
    public async Task Questions_that_come_while_one_is_answered_share_the_next_listing_and_too_many_are_dropped()
    {
        Task answering = AskAsync(Alice, 1);
        for (int question = 2; question < 100; question++)
        {
            await AskAsync(Alice, question); // Left to the one who answers.
        }

        Assert.Single(_listings);
        Finish("first");
        await UntilAsync(() => _listings.Count == 1);
        Finish("second");
        await answering.WaitAsync(Deadline.Token);

        Assert.Empty(_listings);
        Assert.Equal([1, .. Enumerable.Range(2, 16)], _sent.Select(sent => sent.Message.Request));
        Assert.Equal(["first", .. Enumerable.Repeat("second", 16)], _sent.Select(sent => sent.Message.Workloads[0].Name));
    }

    [Fact]
    public async Task One_workstation_does_not_wait_for_another()
    {
        Task alices = AskAsync(Alice, 1);
        Task bobs = AskAsync(new ObjectKey("shop", "bob"), 1);

        Assert.Equal(2, _listings.Count);
        Finish("web");
        Finish("web");
        await Task.WhenAll(alices, bobs).WaitAsync(Deadline.Token);
        Assert.Equal(["alice", "bob"], _sent.Select(sent => sent.Connection.Name).Order());
    }

    [Fact]
    public async Task After_a_defect_the_next_question_is_answered()
    {
        Task first = AskAsync(Alice, 1);
        Take().SetException(new InvalidOperationException("nobody thought of this"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first.WaitAsync(Deadline.Token));

        Task second = AskAsync(Alice, 2);
        Finish("web");
        await second.WaitAsync(Deadline.Token);

        Assert.Equal(2, Assert.Single(_sent).Message.Request);
    }

    [Fact]
    public async Task What_could_not_be_listed_is_said_in_the_answer()
    {
        Task answering = AskAsync(Alice, 1);
        Take().SetResult(new WorkloadListing([], "The pods cannot be listed: no.", []));
        await answering.WaitAsync(Deadline.Token);

        Assert.Equal("The pods cannot be listed: no.", Assert.Single(_sent).Message.Error);
    }

    private Task AskAsync(ObjectKey connection, int question) => _answers.AnswerAsync(connection, question, Deadline.Token);

    private TaskCompletionSource<WorkloadListing> Take()
    {
        Assert.True(_listings.TryDequeue(out TaskCompletionSource<WorkloadListing>? listing));
        return listing;
    }

    private void Finish(string name) => Take().SetResult(new WorkloadListing([new WorkloadInfo { Kind = "Deployment", Name = name }], null, []));

    private static async Task UntilAsync(Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, deadline);
        }
    }
}
