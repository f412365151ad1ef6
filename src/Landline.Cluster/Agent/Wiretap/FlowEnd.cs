namespace Landline.Cluster.Agent.Wiretap;

/// <summary>How the copied direction of a TCP connection stands.</summary>
internal enum FlowEnd
{
    /// <summary>More bytes may come.</summary>
    Open,

    /// <summary>The sender closed its direction (FIN) and every byte before it was delivered.</summary>
    Finished,

    /// <summary>The connection was reset.</summary>
    Reset,

    /// <summary>Packets are missing for good, or more arrived out of order than is kept. The copy cannot go on; the connection does.</summary>
    Lost,
}
