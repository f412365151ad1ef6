using System.CommandLine;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline wiretap</c>: a copy of a workload's traffic comes to this machine.</summary>
internal static class WiretapCommand
{
    public static Command Create()
    {
        var traffic = new TrafficOptions();
        var http = new HttpOptions();
        var attach = new AttachCommand("wiretap", "Get a copy of a workload's traffic", AttachmentType.Wiretap);
        traffic.AddTo(attach.Command);
        http.AddTo(attach.Command, traffic);
        return attach.Complete((request, parse) =>
        {
            request = traffic.ApplyTo(request, parse);
            return request with { Spec = request.Spec with { Http = http.Match(parse) } };
        });
    }
}
