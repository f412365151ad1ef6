namespace Landline.Networking.Dns.SystemSettings;

/// <summary>
/// When to leave resolv.conf to somebody else. A change of Wi-Fi writes it once or twice, and our lines go back; a
/// program that holds the file to its own content would be fought for ever, at the cost of both.
/// </summary>
internal sealed class ResolverContest(TimeProvider time)
{
    private const int MostPerMinute = 5;

    /// <summary>Between attempts after giving up. Whoever is still in force after it has won.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _puts = new();

    public bool IsGivenUp { get; private set; }

    /// <param name="wasOverwritten">What the latest look found; our lines are in the file again in either case.</param>
    /// <returns>What is to be told, if anything.</returns>
    public ResolverNotice? Next(bool wasOverwritten)
    {
        while (_puts.TryPeek(out long oldest) && time.GetElapsedTime(oldest) > Rest)
        {
            _puts.Dequeue();
        }

        if (wasOverwritten)
        {
            _puts.Enqueue(time.GetTimestamp());
        }

        return (wasOverwritten, IsGivenUp) switch
        {
            (true, true) or (false, false) => null,
            (true, false) when _puts.Count > MostPerMinute =>
                GiveUp($"Somebody else has written resolv.conf {_puts.Count} times within a minute; it is left alone for now"),
            (true, false) => new ResolverNotice(IsInForce: true, "Somebody else wrote resolv.conf; our lines are on top of it again"),
            (false, true) => Win(),
        };
    }

    /// <summary>Our lines could not be written.</summary>
    public ResolverNotice? Failed(string reason) =>
        IsGivenUp ? null : GiveUp($"Somebody else wrote resolv.conf, and it cannot be written again: {reason}", reason);

    private ResolverNotice GiveUp(string line, string? writeFailure = null)
    {
        IsGivenUp = true;
        return new ResolverNotice(IsInForce: false, line, writeFailure);
    }

    private ResolverNotice Win()
    {
        IsGivenUp = false;
        return new ResolverNotice(IsInForce: true, "Nobody else has written resolv.conf for a minute; our lines stay in it");
    }
}
