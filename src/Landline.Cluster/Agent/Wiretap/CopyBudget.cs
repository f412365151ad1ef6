namespace Landline.Cluster.Agent.Wiretap;

/// <summary>How many bytes the copies of one wiretap may hold together. Thread-safe.</summary>
internal sealed class CopyBudget(int bytes)
{
    private int _left = bytes;

    public bool TryTake(int count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0)
        {
            return true;
        }

        Return(count);
        return false;
    }

    public void Return(int count) => Interlocked.Add(ref _left, count);
}
