using System.Globalization;
using System.Text;

namespace Landline.Cluster.Manager.Health;

/// <summary>Writes metrics in Prometheus' text format, version 0.0.4. Label values here need no escaping: they are our own words.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    public PrometheusText Counter(string name, string help, params ReadOnlySpan<(string Labels, double Value)> samples) =>
        Family(name, "counter", help, samples);

    public PrometheusText Gauge(string name, string help, params ReadOnlySpan<(string Labels, double Value)> samples) =>
        Family(name, "gauge", help, samples);

    public override string ToString() => _text.ToString();

    private PrometheusText Family(string name, string type, string help, ReadOnlySpan<(string Labels, double Value)> samples)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        foreach ((string labels, double value) in samples)
        {
            _text.Append(name);
            if (labels.Length > 0)
            {
                _text.Append('{').Append(labels).Append('}');
            }

            _text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        return this;
    }
}
