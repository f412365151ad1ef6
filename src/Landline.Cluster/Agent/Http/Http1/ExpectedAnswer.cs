namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>What a request was, as far as it tells where the answer to it ends, and whether another one may follow.</summary>
/// <param name="ToHead">No body follows, whatever the response's head says.</param>
/// <param name="ToConnect">Success makes a tunnel of the connection.</param>
/// <param name="ToUpgrade">Status 101 does.</param>
/// <param name="IsLast">The client waits for the connection's end after it.</param>
internal readonly record struct ExpectedAnswer(bool ToHead, bool ToConnect, bool ToUpgrade, bool IsLast);
