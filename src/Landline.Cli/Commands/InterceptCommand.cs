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
        http.AddTo(attach.Command, traffic);
        attach.Command.Add(whenUnavailable);
        attach.Command.Add(forwardSource);
        attach.Command.Validators.Add(result =>
        {
            if (result.GetResult(forwardSource) is { Implicit: false, Tokens: [] or [{ Value: "true" }] } && traffic.TakesDatagramsAlone(result))
            {
                result.AddError($"{forwardSource.Name}: every --port is of UDP, and datagrams are no HTTP requests.");
            }
        });
        return attach.Complete((request, parse) =>
        {
            request = traffic.ApplyTo(request, parse);
            bool forwards = parse.GetValue(forwardSource);
            return request with
            {
                Spec = request.Spec with
                {
                    // A header can be added only where requests are looked at one by one.
                    Http = http.Match(parse) ?? (forwards ? new HttpMatch() : null),
                    WhenUnavailable = parse.GetValue(whenUnavailable),
                    ForwardSourceAddress = forwards,
                },
            };
        });
    }
}
