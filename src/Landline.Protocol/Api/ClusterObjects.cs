namespace Landline.Protocol.Api;

/// <summary>
/// Names that the manifests, the manager, the agent and the daemon must agree on. Keep in sync with deploy/manifests.
/// </summary>
public static class ClusterObjects
{
    public const string ApiGroup = "landline.dev";
    public const string ApiVersion = "v1";
    public const string ConnectionKind = "Connection";
    public const string ConnectionPlural = "connections";
    public const string AttachmentKind = "Attachment";
    public const string AttachmentPlural = "attachments";

    /// <summary>Where the manager runs unless the user says otherwise.</summary>
    public const string DefaultManagerNamespace = "landline";

    /// <summary>Name of the manager's Deployment, Service, ServiceAccount, ClusterRole and ConfigMap.</summary>
    public const string Manager = "landline-manager";

    /// <summary>Name of the agents' ServiceAccount, and the first part of their pods' names.</summary>
    public const string Agent = "landline-agent";

    /// <summary>Audience of the token that an agent shows to the manager.</summary>
    public const string TokenAudience = "landline";

    public const string NameLabel = "app.kubernetes.io/name";
    public const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>What its user calls an Attachment whose object had to get another name.</summary>
    public const string UsersNameAnnotation = "landline.dev/name";

    /// <summary>Value of <see cref="ManagedByLabel"/>, and the field manager of server-side apply.</summary>
    public const string ManagedBy = "landline";

    /// <summary>Sessions, over TLS.</summary>
    public const int SessionPort = 7070;

    /// <summary>The same, each in a WebSocket over plain HTTP: the API server's proxy for pods passes it on.</summary>
    public const int WebSocketPort = 7072;

    /// <summary>What is asked for there.</summary>
    public const string WebSocketPath = "/session";

    /// <summary>Its subprotocol: whoever chooses it is a manager, and no page of somebody in between.</summary>
    public const string WebSocketProtocol = "session.landline.dev";

    /// <summary>/healthz, /readyz and /metrics, plain HTTP.</summary>
    public const int HealthPort = 7071;

    /// <summary>Keys of the ConfigMap <see cref="Manager"/>.</summary>
    public const string FingerprintKey = "fingerprint";
    public const string PortKey = "port";
    public const string WebSocketPortKey = "webSocketPort";
    public const string VersionKey = "version";
}
