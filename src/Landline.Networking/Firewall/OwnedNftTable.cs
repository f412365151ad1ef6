using System.Diagnostics;
using System.Globalization;
using System.Text;
using Landline.Networking.Processes;

namespace Landline.Networking.Firewall;

/// <summary>
/// An nftables table in some network namespace that exists only as long as a live process of ours: a child
/// <c>nft -i</c> owns it, and when that ends, however it ends, the kernel removes the table. The child ends with this
/// process at the latest, because its input closes and because it gets a parent-death signal.
/// </summary>
public sealed class OwnedNftTable : IAsyncDisposable
{
    // nft answers in milliseconds; on a loaded node in tens of them.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private readonly Process _nft;
    private readonly SemaphoreSlim _running = new(1, 1);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _drained;
    private int _lastMarker;

    private OwnedNftTable(Process nft, string family, string name)
    {
        (_nft, Family, Name) = (nft, family, name);

        // nft's own output is of no use; unread, it would block nft.
        _drained = nft.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        nft.EnableRaisingEvents = true;
        nft.Exited += (_, _) => _ended.TrySetResult();
        if (nft.HasExited)
        {
            _ended.TrySetResult();
        }
    }

    public string Family { get; }

    public string Name { get; }

    /// <summary>Completes when the owner, and so the table, is gone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The owner's process id, for diagnostics and fault tests.</summary>
    public int OwnerId => _nft.Id;

    /// <param name="networkNamespace">A path that leads to it.</param>
    /// <param name="family">Such as <c>inet</c>.</param>
    /// <param name="body">Sets and chains, without the table's own line and flags.</param>
    /// <exception cref="NftException">nft refused the definition.</exception>
    /// <exception cref="ToolFailedException">nft, nsenter or setpriv is not installed.</exception>
    public static async Task<OwnedNftTable> StartAsync(
        string networkNamespace, string family, string name, string body, CancellationToken cancellationToken)
    {
        Process nft = await ChildStarter.StartAsync("nsenter", [$"--net={networkNamespace}", "nft", "-i"]);
        var table = new OwnedNftTable(nft, family, name);
        try
        {
            await table.RunAsync($"table {family} {name} {{\nflags owner\n{body}\n}}", cancellationToken);
            return table;
        }
        catch
        {
            await table.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs commands as one transaction: all of them take effect, or none.</summary>
    /// <param name="commands">Line ends count as semicolons.</param>
    /// <exception cref="NftException">nft refused them, or has ended.</exception>
    public async Task RunAsync(string commands, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            // Not cancelled half-way: an answer that nobody has read would be taken for the next command's.
            string complaint = await AskAsync(commands.ReplaceLineEndings(";"));
            if (complaint.Length > 0)
            {
                throw new NftException(complaint);
            }
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>
    /// Adds elements to a set with timeouts, or gives those that are there their full time again, which <c>add</c>
    /// alone does not do on kernels before 6.12.
    /// </summary>
    /// <exception cref="NftException">nft refused, or has ended.</exception>
    public Task RefreshAsync(
        string set, IReadOnlyCollection<string> elements, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string milliseconds = ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        string plain = string.Join(", ", elements);
        string timed = string.Join(", ", elements.Select(element => $"{element} timeout {milliseconds}ms"));
        string target = $"element {Family} {Name} {set}";
        return RunAsync($"add {target} {{ {timed} }}; delete {target} {{ {plain} }}; add {target} {{ {timed} }}", cancellationToken);
    }

    /// <summary>As <see cref="RefreshAsync"/>, for a map.</summary>
    /// <exception cref="NftException">nft refused, or has ended.</exception>
    public Task RefreshMapAsync(
        string map, IReadOnlyCollection<(string Key, string Value)> elements, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string milliseconds = ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        string keys = string.Join(", ", elements.Select(element => element.Key));
        string timed = string.Join(", ", elements.Select(element => $"{element.Key} timeout {milliseconds}ms : {element.Value}"));
        string target = $"element {Family} {Name} {map}";
        return RunAsync($"add {target} {{ {timed} }}; delete {target} {{ {keys} }}; add {target} {{ {timed} }}", cancellationToken);
    }

    /// <summary>Takes elements out of a set, whether they have expired already or not.</summary>
    /// <exception cref="NftException">nft refused, or has ended.</exception>
    public Task RemoveAsync(string set, IReadOnlyCollection<string> elements, CancellationToken cancellationToken)
    {
        string target = $"element {Family} {Name} {set}";
        string plain = string.Join(", ", elements);
        return RunAsync($"add {target} {{ {plain} }}; delete {target} {{ {plain} }}", cancellationToken);
    }

    /// <summary>As <see cref="RemoveAsync"/>, for a map.</summary>
    /// <exception cref="NftException">nft refused, or has ended.</exception>
    public Task RemoveFromMapAsync(
        string map, IReadOnlyCollection<(string Key, string Value)> elements, CancellationToken cancellationToken)
    {
        string target = $"element {Family} {Name} {map}";
        string pairs = string.Join(", ", elements.Select(element => $"{element.Key} : {element.Value}"));
        string keys = string.Join(", ", elements.Select(element => element.Key));
        return RunAsync($"add {target} {{ {pairs} }}; delete {target} {{ {keys} }}", cancellationToken);
    }

    /// <summary>Removes the table and its owner.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _nft.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }

        await _nft.WaitForExitAsync(CancellationToken.None);
        await _drained.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _nft.Dispose();
        _running.Dispose();
    }

    // nft says nothing about a command that worked. So each is followed by one that cannot: its complaint, which
    // repeats the line, marks the end of the answer.
    private async Task<string> AskAsync(string line)
    {
        string marker = $"landline_{++_lastMarker}";
        using var deadline = new CancellationTokenSource(AnswerTimeout, TimeProvider.System);
        try
        {
            await _nft.StandardInput.WriteAsync($"{line}\n{marker}\n".AsMemory(), deadline.Token);
            await _nft.StandardInput.FlushAsync(deadline.Token);
            return await ReadComplaintAsync(marker, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _nft.Kill();
            throw new NftException($"nft did not answer within {AnswerTimeout.TotalSeconds:0} s and was ended");
        }
        catch (IOException e)
        {
            throw new NftException($"nft has ended: {e.Message}");
        }
    }

    private async Task<string> ReadComplaintAsync(string marker, CancellationToken cancellationToken)
    {
        var complaint = new StringBuilder();
        string previous = string.Empty;
        while (await _nft.StandardError.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line == marker)
            {
                // The line below it points at the error; the one above says that it is one.
                await _nft.StandardError.ReadLineAsync(cancellationToken);
                return complaint.ToString();
            }

            complaint.Append(previous.Length > 0 && complaint.Length > 0 ? " " : string.Empty).Append(previous);
            previous = line.Trim();
        }

        throw new NftException($"nft has ended: {previous}");
    }
}
