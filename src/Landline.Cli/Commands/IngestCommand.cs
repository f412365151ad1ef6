using System.CommandLine;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline ingest</c>: a workload's environment and files, and no traffic.</summary>
internal static class IngestCommand
{
    public static Command Create() =>
        new AttachCommand("ingest", "Get a workload's environment and files, without its traffic", AttachmentType.Ingest)
            .Complete((request, _) => request);
}
