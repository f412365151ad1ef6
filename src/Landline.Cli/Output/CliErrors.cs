using Landline.Protocol.Errors;

namespace Landline.Cli.Output;

/// <summary>Every failure that arises in the CLI itself and that its user can act on. docs/errors.md is checked against it.</summary>
internal static class CliErrors
{
    public static UserErrorException DaemonDied(string connection, string log) => new(
        "daemon-died",
        $"The daemon of connection '{connection}' ended while it started.",
        $"See why in {log}");

    public static UserErrorException DaemonSilent(string connection, string log) => new(
        "daemon-silent",
        $"The daemon of connection '{connection}' did not begin to listen in time.",
        $"See what it does in {log}");

    public static UserErrorException DaemonGone(string connection, Exception? cause = null) => new(
        "daemon-gone",
        $"The daemon of connection '{connection}' broke off in the middle of an answer.",
        $"See why with: landline logs --name {connection}",
        cause);

    public static UserErrorException DaemonUnresponsive(string connection) => new(
        "daemon-unresponsive",
        $"The daemon of connection '{connection}' does not answer.",
        $"End it with: landline quit --name {connection}");

    public static UserErrorException DaemonStuck(string connection, int processId) => new(
        "daemon-stuck",
        $"The daemon of connection '{connection}' (process {processId}) does not answer.",
        $"End it with: kill -9 {processId}; the machine's network is put back at once");

    public static UserErrorException ConnectionAmbiguous(IEnumerable<string> names) => new(
        "connection-ambiguous",
        $"There are several connections: {string.Join(", ", names)}.",
        "Name one of them with: --name NAME, or end all with: landline quit --all");

    /// <param name="standing">The connections that there are, as in "shop of lab".</param>
    public static UserErrorException ConnectionMissing(string? @namespace, string? context, IReadOnlyCollection<string> standing)
    {
        string meant = (@namespace, context) switch
        {
            (null, null) => "a cluster",
            (null, _) => $"context '{context}'",
            (_, null) => $"namespace '{@namespace}'",
            _ => $"namespace '{@namespace}' of context '{context}'",
        };
        string others = standing.Count > 0 ? $"; there is {string.Join(", ", standing)}"
            : @namespace is null && context is null ? ""
            : ", and no other either";
        return new(
            "connection-missing",
            $"There is no connection to {meant}{others}.",
            $"Connect first with: landline connect -n {@namespace ?? "NAMESPACE"}{(context is null ? "" : $" --context {context}")}");
    }

    public static UserErrorException SelectionNeeded(IEnumerable<string> connections) => new(
        "selection-needed",
        $"There are several connections: {string.Join(", ", connections)}.",
        "Say which one is meant with: --connection NAME, -n NAMESPACE or --context CONTEXT");

    public static UserErrorException ConnectionUnknown(string name, IReadOnlyCollection<string> names) => new(
        "connection-unknown",
        names.Count == 0
            ? $"There is no connection '{name}', and no other either."
            : $"There is no connection '{name}'; there is {string.Join(", ", names)}.",
        "See what is connected with: landline status");

    public static UserErrorException ConnectionNameInvalid(string name) => new(
        "connection-name-invalid",
        $"'{name}' cannot name a connection.",
        "Use up to 48 letters, digits, dots, hyphens and underscores, a letter or digit first");

    public static UserErrorException SudoMissing() => new(
        "sudo-missing",
        "Routes and DNS can only be set as root, and there is no sudo on this machine.",
        "Install sudo, or run the same command as root");

    public static UserErrorException SudoRefused() => new(
        "sudo-refused",
        "Routes and DNS can only be set as root, and sudo did not allow it.",
        "Try it with: sudo -v, then run the same command again");

    public static UserErrorException SudoNeedsTerminal() => new(
        "sudo-needs-terminal",
        "Routes and DNS can only be set as root, and sudo cannot ask for a password without a terminal.",
        "Run it in a terminal, as root, or allow the program in sudoers with NOPASSWD");

    public static UserErrorException CommandNotFound(string command, string reason) => new(
        "command-not-found",
        $"The command '{command}' cannot be run: {reason.TrimEnd('.')}.",
        "Check its spelling and the PATH");

    public static UserErrorException FileUnwritable(string path, string reason) => new(
        "file-unwritable",
        $"The file {path} cannot be written: {reason.TrimEnd('.')}.",
        "Name another file with: -o FILE");
}
