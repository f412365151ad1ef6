using System.CommandLine;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline wiretap</c>: a copy of a workload's traffic comes to this machine.</summary>
internal static class WiretapCommand
{
    public static Command Create()
    {
        var traffic = new TrafficOptions();
        var attach = new AttachCommand("wiretap", "Get a copy of a workload's traffic", AttachmentType.Wiretap);
        traffic.AddTo(attach.Command);
        return attach.Complete(traffic.ApplyTo);
    }
}
