using System.Text;
using System.Text.Json;
using Landline.Daemon.Errors;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Attachments;

/// <summary>Reads a container's environment, as its main process got it.</summary>
internal sealed class EnvironmentReader(WorkloadStreams workloads, TimeProvider time)
{
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(10);

    /// <summary>Linux lets a program have 6 MB of arguments and environment at most (execve(2), MAX_ARG_STRLEN and _STK_LIM).</summary>
    private const int LongestBytes = 8 << 20;

    /// <exception cref="UserErrorException">No pod answers.</exception>
    public async Task<WorkloadEnvironment> ReadAsync(Attachment attachment, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LongestRead, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var open = new WorkloadOpen { Attachment = attachment.ClusterId, Part = WorkloadPart.Environment };
            SessionStream stream = await workloads.OpenAsync(open, either.Token);
            await using Stream bytes = stream.AsStream();
            return Parse(await ReadToEndAsync(bytes, either.Token));
        }
        catch (StreamEndedException e)
        {
            throw DaemonErrors.EnvironmentUnavailable(attachment.Request.Name, e.End.Detail, e);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw DaemonErrors.EnvironmentUnavailable(attachment.Request.Name, "the agent's answer cannot be understood", e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw DaemonErrors.EnvironmentUnavailable(attachment.Request.Name, "no answer in time");
        }
    }

    /// <exception cref="InvalidDataException">There is no line of facts, or an entry without an end.</exception>
    /// <exception cref="JsonException">The facts are no JSON.</exception>
    internal static WorkloadEnvironment Parse(ReadOnlySpan<byte> answer)
    {
        int newline = answer.IndexOf((byte)'\n');
        if (newline < 0 || (answer.Length > newline + 1 && answer[^1] != 0))
        {
            throw new InvalidDataException("The answer is cut off.");
        }

        WorkloadFacts facts = JsonSerializer.Deserialize(answer[..newline], ProtocolJson.Default.WorkloadFacts)
            ?? throw new JsonException("No facts.");
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        ReadOnlySpan<byte> rest = answer[(newline + 1)..];
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            string entry = Encoding.UTF8.GetString(rest[..end]);
            rest = rest[(end + 1)..];
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                // As getenv(3) does: of several entries with one name the first counts.
                variables.TryAdd(entry[..equals], entry[(equals + 1)..]);
            }
        }

        return new WorkloadEnvironment { Pod = facts.Pod, Container = facts.Container, Mounts = facts.Mounts, Variables = variables };
    }

    private static async Task<byte[]> ReadToEndAsync(Stream bytes, CancellationToken cancellationToken)
    {
        using var answer = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        int length;
        while ((length = await bytes.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (answer.Length + length > LongestBytes)
            {
                throw new InvalidDataException("The answer is too long.");
            }

            answer.Write(buffer.AsSpan(0, length));
        }

        return answer.ToArray();
    }
}
