using Landline.Daemon.Connections;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Connections;

public sealed class WorkstationAbsenceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTime _time = new();
    private readonly WorkstationAbsence _absence;

    public WorkstationAbsenceTests() => _absence = new WorkstationAbsence(_time);

    [Fact]
    public void It_begins_with_the_last_sign_of_life()
    {
        Look(after: WorkstationAbsence.LookInterval, silentFor: 2 * Second);

        Assert.Equal(2 * Second, _absence.Length);
    }

    [Fact]
    public void Without_a_link_or_with_a_silent_one_it_grows()
    {
        Look(after: WorkstationAbsence.LookInterval, silentFor: null);
        Look(after: WorkstationAbsence.LookInterval, silentFor: 3 * Second);
        Look(after: WorkstationAbsence.LookInterval, silentFor: null);

        Assert.Equal(9 * Second, _absence.Length);
    }

    [Fact]
    public void A_machine_that_slept_was_away_though_its_link_looks_alive_when_it_wakes()
    {
        Look(after: WorkstationAbsence.LookInterval, silentFor: TimeSpan.Zero);
        Look(after: TimeSpan.FromHours(1), silentFor: Second);

        Assert.Equal(TimeSpan.FromHours(1), _absence.Length);
    }

    [Fact]
    public void A_link_that_outlived_the_sleep_ends_it()
    {
        Look(after: TimeSpan.FromHours(1), silentFor: Second);
        Look(after: WorkstationAbsence.LookInterval, silentFor: Second);

        Assert.Equal(Second, _absence.Length);
    }

    [Fact]
    public void A_new_link_ends_it()
    {
        _time.Advance(TimeSpan.FromHours(1));

        _absence.End();

        Assert.Equal(TimeSpan.Zero, _absence.Length);
    }

    private void Look(TimeSpan after, TimeSpan? silentFor)
    {
        _time.Advance(after);
        _absence.Look(silentFor);
    }
}
