namespace Landline.EndToEndTests.Fixtures;

/// <summary>Manifests of the pods that tests talk to; what their ports do is said in TestServer/server.py.</summary>
internal static class TestServer
{
    public const string Image = "localhost/landline-tests:dev";
    public const int Http = 8080;
    public const int Echo = 7000;
    public const int AnswersAfterEnd = 7001;
    public const int EndsFirst = 7002;
    public const int Resets = 7003;
    public const int NeverReads = 7004;
    public const int Ticks = 7005;

    /// <summary>Nothing listens there, but the service forwards it.</summary>
    public const int Refused = 7099;

    /// <summary>A service and a deployment of one name.</summary>
    /// <param name="sidecar">Another container of the pod.</param>
    public static string Deployment(string name, int replicas = 1, string sidecar = "") =>
        $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{name}}} }
        spec:
          selector: {app: {{{name}}} }
          ports: [{{{ServicePorts}}}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{{name}}} }
        spec:
          replicas: {{{replicas}}}
          selector: {matchLabels: {app: {{{name}}} }}
          template:
            metadata: {labels: {app: {{{name}}} }}
            spec:
              terminationGracePeriodSeconds: 0
              containers: [{{{Container(name)}}}, {{{sidecar}}}]
        """;

    /// <summary>A pod with a host name of its own below a headless service.</summary>
    public static string HeadlessPod(string service, string hostName) =>
        $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{service}}} }
        spec:
          clusterIP: None
          selector: {app: {{{service}}} }
          ports: [{name: http, port: {{{Http}}} }]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{hostName}}}, labels: {app: {{{service}}} }}
        spec:
          hostname: {{{hostName}}}
          subdomain: {{{service}}}
          terminationGracePeriodSeconds: 0
          containers: [{{{Container(service)}}}]
        """;

    private static string ServicePorts => string.Join(", ",
    [
        $"{{name: http, port: {Http}}}",
        $"{{name: web, port: 80, targetPort: {Http}}}",
        $"{{name: echo-udp, port: {Echo}, protocol: UDP}}",
        .. new[] { Echo, AnswersAfterEnd, EndsFirst, Resets, NeverReads, Ticks, Refused }.Select(port => $"{{name: tcp-{port}, port: {port}}}"),
    ]);

    private static string Container(string name) =>
        $$$"""
        {name: {{{name}}}, image: "{{{Image}}}", imagePullPolicy: Never, readinessProbe: {tcpSocket: {port: {{{Http}}} }, periodSeconds: 1}}
        """.Trim();
}
