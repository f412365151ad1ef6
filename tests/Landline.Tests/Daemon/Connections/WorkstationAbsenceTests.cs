using Landline.Daemon.Connections;
using Landline.Kubernetes.Requests;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Connections;

public sealed class WorkstationAbsenceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTime _time = new();
    private readonly ServerClock _server;
    private readonly WorkstationAbsence _absence;

    public WorkstationAbsenceTests()
    {
        _server = new ServerClock(_time);
        _absence = new WorkstationAbsence(_time, _server);
    }

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

    [Fact]
    public void A_machine_that_stood_still_was_away_by_the_API_servers_clock_whatever_its_own_says()
    {
        DateTimeOffset begin = _time.GetUtcNow() + TimeSpan.FromDays(400);
        _server.See(begin);
        _time.Advance(2 * Second);
        _absence.End();
        Look(after: WorkstationAbsence.LookInterval, silentFor: Second); // There until 4 s after the answer.

        _server.See(begin + TimeSpan.FromMinutes(30));

        Assert.Equal(TimeSpan.FromMinutes(30) - (4 * Second), _absence.LengthOnServer);
        Assert.Equal(Second, _absence.Length);
    }

    [Fact]
    public void A_new_link_is_the_beginning_by_the_API_servers_clock_too()
    {
        _server.See(_time.GetUtcNow());
        _absence.End();
        _server.See(_time.GetUtcNow() + TimeSpan.FromMinutes(30));
        Assert.Equal(TimeSpan.FromMinutes(30), _absence.LengthOnServer);

        _absence.End();

        Assert.Equal(TimeSpan.Zero, _absence.LengthOnServer);
    }

    [Fact]
    public void A_server_that_does_not_say_what_time_it_is_says_nothing_about_it()
    {
        _absence.End();
        _server.See(null);

        Assert.Null(_absence.LengthOnServer);
    }

    private void Look(TimeSpan after, TimeSpan? silentFor)
    {
        _time.Advance(after);
        _absence.Look(silentFor);
    }
}
