namespace Landline.TestSupport;

/// <summary>
/// No test waits for ever: pass this token to whatever a test awaits. Long enough for a machine that does ten other things
/// and starts a process in a second; a test that is about a time says so itself.
/// </summary>
public static class Deadline
{
    public static CancellationToken Token => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
}
