namespace Landline.Protocol.Api;

/// <summary>Daemon to manager: which workloads are there in the connection's namespace?</summary>
public sealed record ListWorkloadsMessage : ManagerMessage
{
    /// <summary>Given back in the answer.</summary>
    public int Request { get; init; }
}

/// <summary>Manager to daemon: the answer, sorted by kind and name.</summary>
public sealed record WorkloadsMessage : ManagerMessage
{
    public int Request { get; init; }

    public IReadOnlyList<WorkloadInfo> Workloads { get; init => field = value ?? []; } = [];

    /// <summary>A sentence: why nothing could be listed. Null: something could.</summary>
    public string? Error { get; init; }

    /// <summary>A sentence for each kind of object that could not be listed though others could.</summary>
    public IReadOnlyList<string> Unlisted { get; init => field = value ?? []; } = [];
}

/// <summary>A workload and whether it can be attached to.</summary>
public sealed record WorkloadInfo
{
    public string Kind { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Null when it can be attached to; otherwise one sentence that says why not.</summary>
    public string? Obstacle { get; init; }

    public IReadOnlyList<string> Services { get; init => field = value ?? []; } = [];

    public int ReadyReplicas { get; init; }

    public IReadOnlyList<WorkloadAttachment> Attachments { get; init => field = value ?? []; } = [];
}

/// <summary>An attachment that somebody has to a workload.</summary>
public sealed record WorkloadAttachment
{
    /// <summary>As its user calls it.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The Attachment object's name.</summary>
    public string? ObjectName { get; init; }

    public AttachmentType Type { get; init; }

    /// <summary>user@host of the connection.</summary>
    public string Owner { get; init => field = value ?? ""; } = "";

    public AttachmentPhase Phase { get; init; }

    /// <summary>Null: all traffic.</summary>
    public HttpMatch? Http { get; init; }
}
