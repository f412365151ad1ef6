using System.CommandLine;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline intercept</c>: a workload's traffic comes to this machine.</summary>
internal static class InterceptCommand
{
    public static Command Create()
    {
        var traffic = new TrafficOptions();
        var http = new HttpOptions();
        var whenUnavailable = WhenUnavailableOption.Create();
        var forwardSource = new Option<bool>("--forward-source-address")
        {
            Description = "Give the handler the caller's address as X-Forwarded-For",
        };
        var attach = new AttachCommand("intercept", "Take a workload's traffic", AttachmentType.Intercept);
        traffic.AddTo(attach.Command);
        http.AddTo(attach.Command);
        attach.Command.Add(whenUnavailable);
        attach.Command.Add(forwardSource);
        return attach.Complete((request, parse) =>
        {
            request = traffic.ApplyTo(request, parse);
            return request with
            {
                Spec = request.Spec with
                {
                    Http = http.Match(parse),
                    WhenUnavailable = parse.GetValue(whenUnavailable),
                    ForwardSourceAddress = parse.GetValue(forwardSource),
                },
            };
        });
    }
}
