namespace Landline.TestSupport;

/// <summary>No test waits for ever: pass this token to whatever a test awaits.</summary>
public static class Deadline
{
    public static CancellationToken Token => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;
}
