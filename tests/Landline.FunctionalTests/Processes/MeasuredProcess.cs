using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Landline.Networking.Processes;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Processes;

/// <summary>
/// This very program in a process of its own, whose memory no other test uses and whose time passes on request. It
/// obeys a line at a time and answers each with the number of full collections so far. Killed on disposal.
/// </summary>
internal sealed class MeasuredProcess : IDisposable
{
    private const string Variable = "LANDLINE_TEST_MEMORY";

    /// <summary>As often as <see cref="IdleMemory"/> looks.</summary>
    private const int SecondsBetweenLooks = 5;

    private const int BlockBytes = 4096;
    private const int MiB = 1 << 20;

    private static byte[][]? s_spare;

    private readonly Process _process;

    private MeasuredProcess(Process process) => _process = process;

    public int FullCollections { get; private set; }

    /// <summary>What the kernel counts as the process's own, in MiB.</summary>
    public double ResidentMiB
    {
        get
        {
            string line = File.ReadLines($"/proc/{_process.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
    }

    /// <summary>Pages of programs and libraries that are mapped to run, in MiB.</summary>
    public double CodeMiB
    {
        get
        {
            double kibibytes = 0;
            bool isCode = false;
            foreach (string line in File.ReadLines($"/proc/{_process.Id}/smaps"))
            {
                isCode = char.IsAsciiLetterUpper(line[0]) ? isCode : line.Contains(" r-xp ", StringComparison.Ordinal) && line.Contains('/');
                if (isCode && line.StartsWith("Rss:", StringComparison.Ordinal))
                {
                    kibibytes += double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
                }
            }

            return kibibytes / 1024;
        }
    }

    public static async Task<MeasuredProcess> StartAsync()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Landline.FunctionalTests"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { [Variable] = "1" },
        };
        var measured = new MeasuredProcess(Process.Start(start)!);
        await measured.PassLookAsync();
        return measured;
    }

    /// <summary>Uses this much of the garbage collector's memory at once, and lets go of it.</summary>
    public Task AllocateAsync(int mebibytes) => ObeyAsync($"managed {mebibytes}");

    /// <summary>The same with malloc(3), from which one block in the end is kept, so that its heap cannot just shrink.</summary>
    public Task AllocateNativeAsync(int mebibytes) => ObeyAsync($"native {mebibytes}");

    /// <summary>Managed memory that is kept to be used again.</summary>
    public Task AllocateSpareAsync(int mebibytes) => ObeyAsync($"spare {mebibytes}");

    /// <summary>Time passes until memory has been looked at once.</summary>
    public Task PassLookAsync() => ObeyAsync("look");

    /// <summary>Whoever gives memory back stops doing so.</summary>
    public Task StopAsync() => ObeyAsync("stop");

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task ObeyAsync(string order)
    {
        await _process.StandardInput.WriteLineAsync(order.AsMemory(), Deadline.Token);
        await _process.StandardInput.FlushAsync(Deadline.Token);
        string? answer = await _process.StandardOutput.ReadLineAsync(Deadline.Token);
        FullCollections = int.Parse(answer!, CultureInfo.InvariantCulture);
    }

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Runs before the test runner's Main, which is the point.")]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            return;
        }

        var time = new ManualTime();
        var memory = new IdleMemory(static () => s_spare = null, time);
        while (Console.ReadLine() is { } order)
        {
            Obey(order.Split(' '), time, memory);
            Console.WriteLine(GC.CollectionCount(GC.MaxGeneration));
        }

        Environment.Exit(0);
    }

    private static void Obey(string[] order, ManualTime time, IdleMemory memory)
    {
        switch (order)
        {
            case ["managed", var mebibytes]:
                _ = Allocate(int.Parse(mebibytes, CultureInfo.InvariantCulture) * (MiB / BlockBytes));
                break;
            case ["spare", var mebibytes]:
                s_spare = Allocate(int.Parse(mebibytes, CultureInfo.InvariantCulture) * (MiB / BlockBytes));
                break;
            case ["native", var mebibytes]:
                AllocateNative(int.Parse(mebibytes, CultureInfo.InvariantCulture) * (MiB / BlockBytes));
                break;
            case ["look"]:
                time.Advance(TimeSpan.FromSeconds(SecondsBetweenLooks));
                break;
            case ["stop"]:
                memory.Dispose();
                break;
        }
    }

    // In methods of their own, so that nothing refers to the blocks when they have returned.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte[][] Allocate(int blocks)
    {
        byte[][] all = new byte[blocks][];
        for (int i = 0; i < blocks; i++)
        {
            all[i] = new byte[BlockBytes];
            all[i].AsSpan().Fill(1);
        }

        return all;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void AllocateNative(int blocks)
    {
        nint[] all = new nint[blocks];
        for (int i = 0; i < blocks; i++)
        {
            all[i] = (nint)NativeMemory.Alloc(BlockBytes);
            new Span<byte>((void*)all[i], BlockBytes).Fill(1);
        }

        foreach (nint block in all.AsSpan(..^1))
        {
            NativeMemory.Free((void*)block);
        }
    }
}
