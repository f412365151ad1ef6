namespace Landline.Tests.Protocol.Loops;

/// <summary>Tests block now and then, which nothing in an event loop's thread may: they wait for its work elsewhere.</summary>
internal static class LoopTasks
{
    public static Task OffLoop(this Task task) =>
        task.ContinueWith(static task => task, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();

    public static Task OffLoop(this ValueTask task) => task.AsTask().OffLoop();

    public static Task<T> OffLoop<T>(this Task<T> task) =>
        task.ContinueWith(static task => task, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
}
