using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Agent.Capture;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>Callers that come from a new port for every question, as those do who ask for names.</summary>
public sealed class DatagramCallersTests
{
    [RootFact]
    public async Task More_new_callers_than_there_are_places_all_get_their_answer()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        AgentAttachment attachment = CapturedPod.Intercept(protocol: PortProtocol.Udp);
        for (int i = 0; pod.Workstation.Opened.Count < CallerFlows.Most + 100; i++)
        {
            // Where that is too late the original answers, and one more is asked.
            if (i % 50 == 0)
            {
                await pod.ApplyAsync(attachment);
            }

            using Socket caller = pod.Caller(SocketType.Dgram);
            await caller.ConnectAsync(CapturedPod.Address, Deadline.Token);
            Assert.Contains(await CapturedPod.AskByDatagramAsync(caller), (string[])["workstation", "original"]);
        }
    }
}
