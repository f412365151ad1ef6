using System.IO.Enumeration;

namespace Landline.Cli.Environments;

/// <summary>
/// Which of a container's variables a process on the workstation gets: all but those that describe the container itself
/// or would break a program, or a toolchain, that runs elsewhere. Patterns have <c>*</c> and <c>?</c>; what the user includes wins over
/// what is left out by default, and what the user excludes wins over all.
/// </summary>
internal sealed class EnvironmentSelection(IReadOnlyList<string> include, IReadOnlyList<string> exclude)
{
    // What describes the image's file system and shell and would break the handler's own; docs/attaching.md lists it. An
    // application's settings are none of that, wherever they look like it: NODE_ENV, JAVA_OPTS, DOTNET_ENVIRONMENT, RAILS_ENV.
    internal static readonly string[] LeftOut =
    [
        // Paths, identity and terminal of the container, as login(1) and the shells set them.
        "PATH", "HOME", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "SHELL", "TERM", "TERMINFO", "COLORTERM", "USER", "LOGNAME", "MAIL",
        "TMP", "TEMP", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_*", "SSH_*", "DBUS_*", "BASH_ENV", "container", "_",

        // What the dynamic loader loads, and where certificates lie: a file that is not there breaks every program that asks for it.
        "LD_*", "LOCPATH", "GCONV_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",

        // Toolchains: where they lie, and what they load into every program.
        "JAVA_HOME", "JRE_HOME", "JDK_HOME", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH",
        "MAVEN_HOME", "MAVEN_CONFIG", "M2_HOME", "GRADLE_HOME", "GRADLE_USER_HOME", "CATALINA_HOME", "CATALINA_BASE",
        "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "VIRTUAL_ENV", "CONDA_*", "PYENV_*", "PIP_*", "POETRY_*", "PIPENV_*",
        "GEM_HOME", "GEM_PATH", "BUNDLE_*", "BUNDLER_*", "RUBYOPT", "RUBYLIB", "RBENV_*",
        "GOPATH", "GOROOT", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTOOLCHAIN",
        "NODE_PATH", "NODE_OPTIONS", "NVM_*", "NPM_CONFIG_*", "npm_*", "PNPM_HOME", "COREPACK_*",
        "DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE", "DOTNET_ROOT*", "DOTNET_HOST_PATH",
        "DOTNET_RUNNING_IN_CONTAINER", "NUGET_PACKAGES", "CORECLR_*",
        "CARGO_HOME", "RUSTUP_*", "PERL5LIB", "PERL5OPT", "PHP_INI_DIR", "PHP_INI_SCAN_DIR", "PHPRC", "LUA_PATH*", "LUA_CPATH*",
    ];

    public IEnumerable<KeyValuePair<string, string>> Select(IEnumerable<KeyValuePair<string, string>> variables) =>
        variables.Where(variable => IsWanted(variable.Key));

    private bool IsWanted(string name) =>
        !Matches(exclude, name) && (Matches(include, name) || !Matches(LeftOut, name));

    private static bool Matches(IEnumerable<string> patterns, string name) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
}
