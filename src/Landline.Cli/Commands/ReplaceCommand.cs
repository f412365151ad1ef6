using System.CommandLine;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline replace</c>: the original container does not run meanwhile.</summary>
internal static class ReplaceCommand
{
    public static Command Create()
    {
        var traffic = new TrafficOptions();
        var attach = new AttachCommand("replace", "Stand in for a workload's container, which does not run meanwhile", AttachmentType.Replace);
        traffic.AddTo(attach.Command);
        return attach.Complete(traffic.ApplyTo);
    }
}
