using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>
/// How large receive windows are. A reader that takes a window in less than two round trips is held up by it and gets twice
/// as much, until the sum of all windows reaches the session's budget. Guarded by the session's gate.
/// </summary>
internal sealed class WindowTuner
{
    // Many streams at once are mostly small ones; a quarter and then a thirty-second of the usual window keeps what
    // 65,536 stalled readers can hold near 1 GiB.
    private const int ManyStreamsWindow = SessionLimits.InitialWindow / 4;
    private const int VeryManyStreamsWindow = SessionLimits.InitialWindow / 32;
    private const long ManyStreams = SessionLimits.WindowBudget / 4;
    private const long VeryManyStreams = SessionLimits.WindowBudget * 5 / 8;

    /// <summary>Sum of the windows of all open streams.</summary>
    public long Total { get; private set; }

    public int Open(StreamFlow flow)
    {
        flow.Window = Total switch
        {
            < ManyStreams => SessionLimits.InitialWindow,
            < VeryManyStreams => ManyStreamsWindow,
            _ => VeryManyStreamsWindow,
        };
        flow.ReceiveCredit = flow.Window;
        Total += flow.Window;
        return flow.Window;
    }

    public void Close(StreamFlow flow)
    {
        Total -= flow.Window;
        flow.Window = 0;
    }

    /// <summary>The credit to give back for what was consumed, more if the window grows.</summary>
    /// <param name="flow">The stream's state.</param>
    /// <param name="now">Time of the session.</param>
    /// <param name="roundTrip">The link's shortest; zero = not known yet, and nothing grows.</param>
    public int Return(StreamFlow flow, TimeSpan now, TimeSpan roundTrip)
    {
        int credit = flow.TakeConsumed();
        flow.EpochBytes += credit;
        if (flow.EpochBytes >= flow.Window / 2)
        {
            // A window in less than two round trips: the sender spends its time waiting for credit.
            bool heldUp = now - flow.EpochStart < roundTrip * (2.0 * flow.EpochBytes / flow.Window);
            int growth = Math.Min(flow.Window, SessionLimits.LargestWindow - flow.Window);
            if (heldUp && growth > 0 && Total + growth <= SessionLimits.WindowBudget)
            {
                flow.Window += growth;
                Total += growth;
                credit += growth;
            }

            flow.EpochStart = now;
            flow.EpochBytes = 0;
        }

        flow.ReceiveCredit += credit;
        return credit;
    }
}
