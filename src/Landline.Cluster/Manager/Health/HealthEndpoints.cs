using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Landline.Cluster.Manager.Health;

/// <summary>What the kubelet and Prometheus ask. Without authentication: nothing here is secret or can be changed.</summary>
internal static class HealthEndpoints
{
    public static void Map(WebApplication http, ManagerProcess manager)
    {
        var page = new MetricsPage(
            manager.Metrics, manager.Workstations, manager.Agents, manager.Attachments, ManagerProgram.Version);

        // Alive while it answers: a manager that cannot reach the API server must not be killed for it, its sessions work.
        http.MapGet("/healthz", static () => Results.Text("ok\n"));
        http.MapGet("/readyz", () => manager.IsReady
            ? Results.Text("ok\n")
            : Results.Text("not ready\n", MediaTypeNames.Text.Plain, null, StatusCodes.Status503ServiceUnavailable));
        http.MapGet("/metrics", () => Results.Text(page.Render(), PrometheusText.ContentType));
    }
}
