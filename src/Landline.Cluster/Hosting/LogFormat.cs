using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Hosting;

/// <summary>How log lines of both roles look: one line each, in UTC, as text or JSON.</summary>
internal static class LogFormat
{
    public static void Configure(ILoggingBuilder logging, bool json, LogLevel level)
    {
        logging.ClearProviders();
        if (json)
        {
            logging.AddJsonConsole(static console => console.UseUtcTimestamp = true);
        }
        else
        {
            logging.AddSimpleConsole(static console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });
        }

        logging.SetMinimumLevel(level);
        logging.AddFilter("Microsoft", LogLevel.Warning);
    }
}
