using Microsoft.Extensions.Logging.Console;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Telemetry;

/// <summary>Where the log goes and how it looks: standard error, as text or as JSON, and the OTLP server if there is one.</summary>
internal static class NodeLogging
{
    public static void Add(ILoggingBuilder logging, NodeOptions options)
    {
        logging
            .SetMinimumLevel(options.Log.Verbose ? LogLevel.Debug : LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Yarp", LogLevel.Error);
        if (options.Log.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(static json =>
            {
                json.UseUtcTimestamp = true;
                json.TimestampFormat = PlainLogFormatter.TimeFormat;
            });
        }
        else
        {
            logging
                .AddConsole(static console => console.FormatterName = PlainLogFormatter.FormatterName)
                .AddConsoleFormatter<PlainLogFormatter, ConsoleFormatterOptions>();
        }

        logging.Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (options.Telemetry.OtlpUrl is not null)
        {
            OtlpExport.AddLogs(logging, options.Telemetry, options.Farm.Name);
        }
    }
}
