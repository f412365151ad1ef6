using System.Diagnostics;

namespace Landline.Benchmarks.Attachments;

/// <summary>Ends a process and its children when disposed.</summary>
internal sealed class RunningProcess(Process process) : IDisposable
{
    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }
}
