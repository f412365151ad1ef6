namespace Landline.Networking.Processes;

/// <summary>A program to start with <see cref="SpawnedChild"/>.</summary>
public sealed record SpawnRequest
{
    /// <summary>The program's path, then its arguments.</summary>
    public required IReadOnlyList<string> CommandLine { get; init; }

    /// <summary>All of it, as NAME=VALUE.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Standard error's file, made so that only its owner can read it.</summary>
    public required string LogPath { get; init; }

    /// <summary>False: what was in the log is gone.</summary>
    public bool AppendsToLog { get; init; }

    /// <summary>
    /// A descriptor, such as a socket's, that is standard input and output. Null: input from /dev/null, output to the log.
    /// </summary>
    public int? Conversation { get; init; }

    public SpawnGroup Group { get; init; }
}

/// <summary>Whose signals a child gets.</summary>
public enum SpawnGroup
{
    /// <summary>Its parent's terminal's.</summary>
    Same,

    /// <summary>None that are sent to its parent's process group.</summary>
    Own,

    /// <summary>No terminal's at all.</summary>
    OwnSession,
}
