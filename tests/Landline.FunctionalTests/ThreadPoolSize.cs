using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Landline.FunctionalTests;

/// <summary>
/// Some tests block a thread of the pool in a system call that another thread of this very process answers: who reads a file
/// of a mount, for one. With as many threads as a small machine has processors the pool would hand out another one only
/// after a while.
/// </summary>
internal static class ThreadPoolSize
{
    private const int Threads = 16;

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Runs before the test runner's Main, which is the point.")]
    internal static void Raise() => ThreadPool.SetMinThreads(Threads, Threads);
}
