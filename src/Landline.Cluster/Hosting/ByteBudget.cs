namespace Landline.Cluster.Hosting;

/// <summary>How many bytes several queues may hold together. Thread-safe.</summary>
internal sealed class ByteBudget(int bytes)
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
