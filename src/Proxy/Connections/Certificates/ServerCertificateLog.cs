namespace Waystation.Proxy.Connections.Certificates;

/// <summary>Log messages of the https addresses; ids 2200 to 2219.</summary>
internal static partial class ServerCertificateLog
{
    [LoggerMessage(
        2200,
        LogLevel.Error,
        "the certificates of the changed settings file cannot be used, and the node keeps those that it had: {Reason}"
    )]
    public static partial void CertificatesKept(this ILogger logger, string reason);

    [LoggerMessage(2201, LogLevel.Information, "requests at {Address} are sent to https")]
    public static partial void Redirects(this ILogger logger, string address);
}
