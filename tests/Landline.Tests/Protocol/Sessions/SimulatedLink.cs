using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>One side's end of a link without threads: output is taken and input is given when the test says so.</summary>
internal sealed class SimulatedLink(SessionCore core) : Link
{
    private readonly Queue<byte> _output = new();
    private readonly List<byte> _input = [];

    public bool IsAborted { get; private set; }

    /// <summary>Told whose turn to write has come.</summary>
    public Action<SessionStream>? OnTurn { get; set; }

    /// <summary>What has left this side and not reached the other.</summary>
    public byte[] Output => [.. _output];

    /// <summary>Bytes that have left this side and not reached the other.</summary>
    public int InFlight => _output.Count;

    public override void Pump()
    {
        // Somebody will take the output.
    }

    public override void Abort() => IsAborted = true;

    /// <summary>Lets the session write to the link until it has nothing or <paramref name="most"/> bytes were written.</summary>
    public void TakeOutput(int most)
    {
        while (most > 0 && Pumping)
        {
            switch (core.TryTakeOutput(this, out ReadOnlyMemory<byte> bytes, out SessionStream? turn))
            {
                case OutputKind.Bytes:
                    foreach (byte value in bytes.Span)
                    {
                        _output.Enqueue(value);
                    }

                    most -= bytes.Length;
                    break;
                case OutputKind.Turn:
                    turn!.Turn.Set();
                    OnTurn?.Invoke(turn);
                    break;
                case OutputKind.Close:
                    Abort();
                    return;
            }
        }
    }

    /// <summary>Carries up to <paramref name="most"/> bytes to the other side. False = the other side's link is dead.</summary>
    public void Carry(SimulatedLink to, int most)
    {
        if (to.IsAborted)
        {
            return;
        }

        for (; most > 0 && _output.TryDequeue(out byte value); most--)
        {
            to._input.Add(value);
        }

        to.Receive();
    }

    private void Receive()
    {
        int taken = core.Receive(this, [.. _input]);
        if (taken < 0)
        {
            Abort();
        }
        else
        {
            _input.RemoveRange(0, taken);
        }
    }
}
