using System.Net.Sockets;
using Landline.Cluster.Agent.Containers;
using Landline.Networking.Firewall;
using Landline.Networking.Namespaces;
using Landline.Networking.Processes;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// One pod that is attached to. Its task brings what is in the pod's network namespace in line with what is wanted, keeps
/// the redirect alive while it should be, and takes everything out when nothing is wanted any more. State belongs to the
/// task; what others read is replaced as a whole.
/// </summary>
internal sealed class AttachedPod(PodParts parts, Action changed, ILogger logger) : IAsyncDisposable
{
    /// <summary>Ports are refreshed so often; without it they are redirected for <see cref="PodCapture.Expiry"/>.</summary>
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    /// <summary>A workstation that is away for longer has nothing left in the pod, until it is back.</summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _wake = new(0, 1);
    private volatile IReadOnlyList<AgentAttachment> _desired = [];
    private volatile IReadOnlyList<AgentReport> _reports = [];
    private AgentPod _pod = new();
    private ContainerProcess? _process;
    private string _processOf = "";
    private NetworkNamespace? _namespace;
    private PodCapture? _capture;
    private PodTaps? _taps;
    private long? _idleSince;
    private string? _trouble;

    public IReadOnlyList<AgentReport> Reports => _reports;

    public bool IsWanted => _desired.Count > 0;

    public void SetDesired(IReadOnlyList<AgentAttachment> desired)
    {
        _desired = desired;
        Wake();
    }

    public AgentAttachment? Find(string attachment) => _desired.FirstOrDefault(item => item.Attachment == attachment);

    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is going to look anyway.
        }
    }

    /// <param name="tryRetire">Asked when nothing of this pod is left; false when something is wanted again by then.</param>
    public async Task RunAsync(Func<bool> tryRetire, CancellationToken cancellationToken)
    {
        do
        {
            await AttendAsync(cancellationToken);
            await LeaveAsync();
        }
        while (!tryRetire());
    }

    // Until nothing has been wanted for so long that open connections had their time; attaching again meanwhile is quick.
    private async Task AttendAsync(CancellationToken cancellationToken)
    {
        long? unwantedSince = null;
        while (true)
        {
            IReadOnlyList<AgentAttachment> desired = _desired;
            TimeSpan rest = RefreshInterval;
            if (desired.Count > 0)
            {
                unwantedSince = null;
                _pod = desired[0].Pod;
                await LookAsync(desired, cancellationToken);
            }
            else
            {
                if (unwantedSince is null)
                {
                    unwantedSince = parts.TimeProvider.GetTimestamp();
                    await StopTakingAsync(cancellationToken);
                }

                rest = CapturedPort.DrainTime - parts.TimeProvider.GetElapsedTime(unwantedSince.Value);
                if (rest <= TimeSpan.Zero)
                {
                    return;
                }
            }

            await _wake.WaitAsync(rest, cancellationToken);
        }
    }

    private async Task LookAsync(IReadOnlyList<AgentAttachment> desired, CancellationToken cancellationToken)
    {
        string? trouble = null;
        string? failure = null;
        string? captureFailure = null;
        string? tapFailure = null;
        try
        {
            if (FindProcess() is { } process)
            {
                if (_namespace is not null && !process.IsIn(_namespace))
                {
                    await LeaveAsync(); // The pod was given another sandbox.
                }

                _namespace ??= NetworkNamespace.Open(process.NetworkNamespacePath);
                captureFailure = await FailureOfAsync(CaptureAsync(process, desired, cancellationToken));
                tapFailure = await FailureOfAsync(TapAsync([.. desired.Where(IsWiretap)]));
            }
            else
            {
                trouble = "The container does not run.";
            }
        }
        catch (Exception e) when (IsOfThePod(e))
        {
            failure = e.Message;
        }

        NoteTrouble(failure ?? trouble ?? captureFailure ?? tapFailure);
        Report([.. desired.Select(item => ReportOf(item, trouble, failure ?? OwnFailureOf(item)))]);

        // What needs no rules does not suffer when they are refused.
        string? OwnFailureOf(AgentAttachment item) => TakesTraffic(item) ? captureFailure : IsWiretap(item) ? tapFailure : null;
    }

    private static async Task<string?> FailureOfAsync(Task work)
    {
        try
        {
            await work;
            return null;
        }
        catch (Exception e) when (IsOfThePod(e))
        {
            return e.Message;
        }
    }

    private async Task StopTakingAsync(CancellationToken cancellationToken)
    {
        Report([]);
        try
        {
            if (_capture is not null)
            {
                await _capture.ApplyAsync([], cancellationToken);
            }

            await TapAsync([]);
        }
        catch (Exception e) when (IsOfThePod(e))
        {
            NoteTrouble(e.Message); // Leaving takes the rest out.
        }
    }

    private static bool IsOfThePod(Exception e) =>
        e is NamespaceException or NftException or ToolFailedException or IOException or SocketException;

    private static bool TakesTraffic(AgentAttachment attachment) =>
        attachment.Type is AttachmentType.Intercept or AttachmentType.Replace && attachment.Ports.Count > 0;

    private static bool IsWiretap(AgentAttachment attachment) => attachment.Type == AttachmentType.Wiretap;

    private ContainerProcess? FindProcess()
    {
        if (_process is not { IsAlive: true } || _processOf != _pod.ContainerId)
        {
            (_process, _processOf) = (parts.Containers.Find(_pod.ContainerId), _pod.ContainerId);
        }

        return _process;
    }

    private async Task CaptureAsync(ContainerProcess process, IReadOnlyList<AgentAttachment> desired, CancellationToken cancellationToken)
    {
        AgentAttachment[] wanted = [.. desired.Where(TakesTraffic)];
        if (_capture is { Ended.IsCompleted: true } lost)
        {
            _capture = null;
            await lost.DisposeAsync();
        }

        if (PodCapture.Serves(wanted, parts.Live))
        {
            _idleSince = null;
        }
        else if (_capture is null)
        {
            return; // Nothing stands in a pod for a workstation that is away.
        }
        else if (parts.TimeProvider.GetElapsedTime(_idleSince ??= parts.TimeProvider.GetTimestamp()) > LongestIdle)
        {
            await EndCaptureAsync();
            return;
        }

        if (_capture is null)
        {
            _capture = await PodCapture.StartAsync(_pod, _namespace!, parts, logger, cancellationToken);
            AgentLog.Attached(logger, _pod.Namespace, _pod.Name, string.Join(", ", wanted.Select(item => item.Attachment)));
        }

        _capture.SetContainers(process, [.. desired.Select(item => item.Pod)]);
        await _capture.ApplyAsync(wanted, cancellationToken);
    }

    private async Task TapAsync(IReadOnlyList<AgentAttachment> wanted)
    {
        if (_taps is null && wanted.Count > 0)
        {
            _taps = new PodTaps(_namespace!, parts, logger);
        }

        if (_taps is not null)
        {
            await _taps.ApplyAsync(wanted);
        }
    }

    private AgentReport ReportOf(AgentAttachment attachment, string? trouble, string? failure)
    {
        bool waits = TakesTraffic(attachment) && _capture?.IsRedirecting(attachment) != true;
        return new AgentReport
        {
            Attachment = attachment.Attachment,
            PodUid = attachment.Pod.Uid,
            State = failure is not null ? AttachedPodState.Failed : trouble is not null || waits ? AttachedPodState.Waiting : AttachedPodState.Captured,
            Message = failure ?? trouble ?? (waits ? "The workstation does not answer at the moment." : LimitOf(attachment)),
        };
    }

    private string? LimitOf(AgentAttachment attachment) =>
        _taps?.IsResting(attachment) == true ? "Nothing is copied at the moment, because the node has no processor time to spare."
        : _taps?.MissesRequests(attachment) == true ? "Connections came of which nothing was copied: requests of HTTP/2 or within TLS are not seen by a wiretap's filter."
        : _capture?.MissesRequests(attachment) == true ? "Connections of TLS came and went to the original: requests within TLS are not seen by a filter."
        : null;

    private void Report(IReadOnlyList<AgentReport> reports)
    {
        if (!reports.SequenceEqual(_reports))
        {
            _reports = reports;
            changed();
        }
    }

    // Once for each change, not for each of the tries that follow.
    private void NoteTrouble(string? trouble)
    {
        if (trouble is not null && trouble != _trouble)
        {
            AgentLog.NotAttached(logger, _pod.Namespace, _pod.Name, trouble);
        }

        _trouble = trouble;
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _wake.Dispose();
    }

    private async Task LeaveAsync()
    {
        if (_taps is { } taps)
        {
            _taps = null;
            await taps.DisposeAsync();
        }

        await EndCaptureAsync();
        _namespace?.Dispose();
        _namespace = null;
    }

    private async Task EndCaptureAsync()
    {
        if (_capture is { } capture)
        {
            _capture = null;
            await capture.DisposeAsync();
            AgentLog.Detached(logger, _pod.Namespace, _pod.Name);
        }
    }
}
