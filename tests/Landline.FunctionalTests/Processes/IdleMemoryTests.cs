namespace Landline.FunctionalTests.Processes;

public sealed class IdleMemoryTests
{
    /// <summary>MiB: enough to be worth giving back.</summary>
    private const int Burst = 96;

    /// <summary>MiB: an interval with as much is one of work.</summary>
    private const int Work = 12;

    /// <summary>MiB: what an idle process needs now and then.</summary>
    private const int Little = 2;

    /// <summary>MiB: code that was compiled meanwhile, and what the collector keeps for the next objects.</summary>
    private const int Tolerance = 20;

    [Fact]
    public async Task What_a_burst_needed_is_given_back_when_it_is_over()
    {
        using MeasuredProcess process = await MeasuredProcess.StartAsync();
        double before = process.ResidentMiB;
        await process.AllocateSpareAsync(Burst);
        await process.AllocateAsync(Burst);
        await process.AllocateNativeAsync(Burst);
        await process.PassLookAsync();
        double afterwards = process.ResidentMiB;

        await process.PassLookAsync();

        Assert.InRange(afterwards, before + Burst + Burst + Burst - Tolerance, double.MaxValue);
        Assert.InRange(process.ResidentMiB, 0, before + Tolerance);
    }

    [Fact]
    public async Task Code_that_only_the_start_has_run_is_unmapped_after_a_burst_and_runs_again_when_it_is_needed()
    {
        using MeasuredProcess process = await MeasuredProcess.StartAsync();
        double before = process.CodeMiB;
        await process.AllocateAsync(Burst);
        await process.PassLookAsync();
        await process.PassLookAsync();
        double collected = process.CodeMiB;

        await process.PassLookAsync();

        Assert.InRange(collected, before * 0.9, double.MaxValue);
        Assert.InRange(process.CodeMiB, 0.1, before * 3 / 4);
        await process.AllocateAsync(Burst);
        await process.AllocateNativeAsync(Burst);
        await process.PassLookAsync();
        await process.PassLookAsync();
    }

    [Fact]
    public async Task A_process_that_works_on_is_not_held_up()
    {
        using MeasuredProcess process = await MeasuredProcess.StartAsync();
        await process.AllocateAsync(Burst);
        await process.PassLookAsync();

        for (int i = 0; i < 10; i++)
        {
            await process.AllocateAsync(Work);
            int collections = process.FullCollections;
            await process.PassLookAsync();
            Assert.Equal(collections, process.FullCollections);
        }
    }

    [Fact]
    public async Task A_little_work_is_worth_no_pause_until_it_has_added_up()
    {
        using MeasuredProcess process = await MeasuredProcess.StartAsync();
        int collections = process.FullCollections;
        await process.AllocateAsync(Little);
        await process.PassLookAsync();
        await process.PassLookAsync();
        int afterLittle = process.FullCollections;

        await process.AllocateAsync(Work);
        await process.PassLookAsync();
        await process.PassLookAsync();

        Assert.Equal(collections, afterLittle);
        Assert.Equal(collections + 1, process.FullCollections);
    }

    [Fact]
    public async Task Memory_is_given_back_once_for_each_burst()
    {
        using MeasuredProcess process = await MeasuredProcess.StartAsync();
        await process.AllocateAsync(Burst);
        await process.PassLookAsync();
        await process.PassLookAsync();
        int collections = process.FullCollections;

        await process.PassLookAsync();
        await process.PassLookAsync();
        Assert.Equal(collections, process.FullCollections);

        await process.AllocateAsync(Burst);
        double full = process.ResidentMiB;
        await process.PassLookAsync();
        await process.PassLookAsync();
        Assert.InRange(process.ResidentMiB, 0, full - Burst + Tolerance);
    }

    [Fact]
    public async Task Nothing_is_looked_at_after_disposal()
    {
        using MeasuredProcess process = await MeasuredProcess.StartAsync();
        await process.AllocateAsync(Burst);
        await process.StopAsync();
        int collections = process.FullCollections;

        await process.PassLookAsync();
        await process.PassLookAsync();

        Assert.Equal(collections, process.FullCollections);
    }
}
