using System.Runtime.CompilerServices;

namespace Landline.FunctionalTests;

/// <summary>A test that makes namespaces and devices. Skipped for want of rights, except in CI, where it then fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        bool possible = Environment.IsPrivilegedProcess && File.Exists("/dev/net/tun");
        bool mustRun = Environment.GetEnvironmentVariable("CI") is not null;
        Skip = possible || mustRun ? null : "Needs root and /dev/net/tun.";
    }
}
