namespace Waystation.Proxy.Connections.Certificates;

/// <summary>Log messages of the certificates for clients; ids 2200 to 2249.</summary>
internal static partial class CertificateLog
{
    [LoggerMessage(2200, LogLevel.Information, "the certificate in {File} was loaded again; its names: {Names}")]
    public static partial void CertificateReloaded(this ILogger logger, string file, string names);

    [LoggerMessage(2201, LogLevel.Error, "the new certificate in {File} cannot be used, and the node keeps the one that it had: {Reason}")]
    public static partial void CertificateKept(this ILogger logger, string file, string reason);

    [LoggerMessage(2202, LogLevel.Error, "the certificate in {File} expired at {NotAfter:u}: clients refuse it")]
    public static partial void CertificateExpired(this ILogger logger, string file, DateTime notAfter);

    [LoggerMessage(2203, LogLevel.Warning, "the certificate in {File} expires in {Days} days, at {NotAfter:u}")]
    public static partial void CertificateExpires(this ILogger logger, string file, int days, DateTime notAfter);

    [LoggerMessage(2204, LogLevel.Error, "the certificate in {File} is valid only from {NotBefore:u}: until then clients refuse it")]
    public static partial void CertificateNotYetValid(this ILogger logger, string file, DateTime notBefore);

    [LoggerMessage(
        2205,
        LogLevel.Error,
        "the certificates of the changed settings file cannot be used, and the node keeps those that it had: {Reason}"
    )]
    public static partial void CertificatesKept(this ILogger logger, string reason);

    [LoggerMessage(2206, LogLevel.Information, "requests at {Address} are sent to https")]
    public static partial void Redirects(this ILogger logger, string address);
}
