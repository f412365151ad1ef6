using System.Text.Json;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Files;
using Landline.Networking.Files;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Workloads;

/// <summary>
/// Serves the Workload streams that the manager opens on behalf of a workstation: the environment and the files of an
/// attached container, and connections to ports of its pod. What the agent was not told to attach it refuses, whoever
/// asks, and a stream ends with its attachment.
/// </summary>
/// <param name="find">By namespace/name of an attachment and uid of a pod: what the manager last said of it. Any thread.</param>
/// <param name="mark">SO_MARK of the agent's own connections, which its redirect rules leave alone.</param>
internal sealed class WorkloadStreamServer(
    Func<string, string, AgentAttachment?> find, ContainerFinder containers, uint mark, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>
    /// How late the end of an attachment or a container is noticed: half of what revoking may take. Looking is one
    /// read of a small file.
    /// </summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For how long a container without an environment is taken for one that replaces its program, as an entry script does
    /// with its last line. What Kubernetes starts has one.
    /// </summary>
    private static readonly TimeSpan LongestExec = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ExecPause = TimeSpan.FromMilliseconds(5);

    private readonly PodDialer _dialer = new(mark, timeProvider);

    /// <summary>Returns when the stream is over; never throws for the container's or the peer's sake.</summary>
    public async Task ServeAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        // Looking through /proc takes milliseconds, in which the session must go on reading.
        await Task.Yield();
        var open = new WorkloadOpen();
        StreamEnd end;
        try
        {
            open = Read(stream.OpenPayload.Span);
            await ServeAsync(stream, open, cancellationToken);
            return;
        }
        catch (StreamEndedException e)
        {
            end = e.End;
        }
        catch (SftpProtocolException e)
        {
            end = new(StreamEndCode.ProtocolError, e.Message);
        }
        catch (EndOfStreamException)
        {
            end = new(StreamEndCode.ProtocolError, "the stream ended within a packet");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            end = new(StreamEndCode.Unavailable, $"the container cannot be reached: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            end = new(StreamEndCode.Canceled, "the agent stops");
        }

        WorkloadsLog.Ended(logger, open.Part, open.Attachment, end.Detail);
        stream.Reset(end);
    }

    private async Task ServeAsync(SessionStream stream, WorkloadOpen open, CancellationToken cancellationToken)
    {
        AgentAttachment attachment = find(open.Attachment, open.PodUid ?? "")
            ?? throw new StreamEndedException(new(StreamEndCode.NotAllowed, "the agent has no such attachment"));
        ContainerProcess process = containers.Find(attachment.Pod.ContainerId)
            ?? throw new StreamEndedException(new(
                StreamEndCode.Unavailable, $"container {attachment.Pod.Container} of pod {attachment.Pod.Name} does not run"));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task watching = WatchAsync(stream, open, attachment.Pod, process, stop);
        try
        {
            await ServeAsync(stream, open, attachment, process, stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await watching;
        }
    }

    private async Task ServeAsync(
        SessionStream stream, WorkloadOpen open, AgentAttachment attachment, ContainerProcess process, CancellationToken cancellationToken)
    {
        AgentPod pod = attachment.Pod;
        switch (open.Part)
        {
            case WorkloadPart.Environment:
                WorkloadsLog.Served(logger, attachment.Attachment, open.Part, pod.Container, pod.Namespace, pod.Name);
                await ServeEnvironmentAsync(stream, pod, process, cancellationToken);
                break;
            case WorkloadPart.Files:
                WorkloadsLog.Served(logger, attachment.Attachment, open.Part, pod.Container, pod.Namespace, pod.Name);
                bool mayWrite = !open.ReadOnly && attachment.Type is AttachmentType.Intercept or AttachmentType.Replace;
                await ServeFilesAsync(stream, process, readOnly: !mayWrite, cancellationToken);
                break;
            case WorkloadPart.Dial when open.Port is > 0 and <= ushort.MaxValue:
                await _dialer.ServeAsync(stream, open, pod, process, cancellationToken);
                break;
            default:
                throw new StreamEndedException(new(StreamEndCode.ProtocolError, "the open payload asks for nothing that exists"));
        }
    }

    private async Task ServeEnvironmentAsync(
        SessionStream stream, AgentPod pod, ContainerProcess process, CancellationToken cancellationToken)
    {
        byte[] environment = await ReadEnvironmentAsync(process, cancellationToken);
        var facts = new WorkloadFacts { Pod = pod.Name, Container = pod.Container, Mounts = pod.Mounts };
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(facts, ProtocolJson.Default.WorkloadFacts), (byte)'\n'];
        stream.Accept();
        await stream.WriteAsync(line, cancellationToken);
        await stream.WriteAsync(environment, cancellationToken);
        stream.EndWriting();

        // The workstation has nothing to say; its end is awaited so that what was written is not reset.
        byte[] ignored = new byte[1];
        while (await stream.ReadAsync(ignored, cancellationToken) > 0)
        {
        }
    }

    private async Task<byte[]> ReadEnvironmentAsync(ContainerProcess process, CancellationToken cancellationToken)
    {
        long started = timeProvider.GetTimestamp();
        byte[] environment;
        while ((environment = process.ReadEnvironment()).Length == 0 && timeProvider.GetElapsedTime(started) < LongestExec)
        {
            await Task.Delay(ExecPause, timeProvider, cancellationToken);
        }

        return environment;
    }

    private static async Task ServeFilesAsync(
        SessionStream stream, ContainerProcess process, bool readOnly, CancellationToken cancellationToken)
    {
        using ContainerRoot root = ContainerRoot.Open(process.RootPath);
        var server = new SftpServer(root, process.ReadIdentity(), readOnly);
        stream.Accept();
        await server.RunAsync(stream.AsStream(), cancellationToken);
        stream.EndWriting();
    }

    /// <summary>
    /// Ends the stream when its attachment is gone, and a file session with its container: a restarted one has another
    /// root, and a descriptor of the old one would keep its file system mounted.
    /// </summary>
    private async Task WatchAsync(
        SessionStream stream, WorkloadOpen open, AgentPod pod, ContainerProcess process, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(Look, timeProvider);
        StreamEnd? end = null;
        try
        {
            while (end is null)
            {
                await timer.WaitForNextTickAsync(stop.Token);
                end = find(open.Attachment, pod.Uid) is null
                    ? new(StreamEndCode.NotAllowed, "the attachment has ended")
                    : open.Part == WorkloadPart.Files && !process.IsAlive
                        ? new(StreamEndCode.Unavailable, $"container {pod.Container} of pod {pod.Name} has ended")
                        : null;
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        stream.Reset(end);
        await stop.CancelAsync();
    }

    private static WorkloadOpen Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, ProtocolJson.Default.WorkloadOpen) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw new StreamEndedException(new(StreamEndCode.ProtocolError, "the open payload is no JSON of a WorkloadOpen"));
        }
    }
}
