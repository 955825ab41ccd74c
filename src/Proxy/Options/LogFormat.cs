namespace Waystation.Proxy.Options;

/// <summary>How the log is written.</summary>
internal enum LogFormat
{
    /// <summary>A line of text for each message.</summary>
    Plain,

    /// <summary>A JSON object for each message.</summary>
    Json,
}
