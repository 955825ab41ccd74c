namespace Waystation.Primaries.Certificates;

/// <summary>Log messages of the node's certificates; ids 1500 to 1519.</summary>
internal static partial class CertificateLog
{
    [LoggerMessage(1500, LogLevel.Information, "the certificate in {File} was loaded again; its names: {Names}")]
    public static partial void CertificateReloaded(this ILogger logger, string file, string names);

    [LoggerMessage(1501, LogLevel.Error, "the new certificate in {File} cannot be used, and the node keeps the one that it had: {Reason}")]
    public static partial void CertificateKept(this ILogger logger, string file, string reason);

    [LoggerMessage(1502, LogLevel.Error, "the certificate in {File} expired at {NotAfter:u}: the other side refuses it")]
    public static partial void CertificateExpired(this ILogger logger, string file, DateTime notAfter);

    [LoggerMessage(1503, LogLevel.Warning, "the certificate in {File} expires in {Days} days, at {NotAfter:u}")]
    public static partial void CertificateExpires(this ILogger logger, string file, int days, DateTime notAfter);

    [LoggerMessage(
        1504,
        LogLevel.Error,
        "the certificate in {File} is valid only from {NotBefore:u}: until then the other side refuses it"
    )]
    public static partial void CertificateNotYetValid(this ILogger logger, string file, DateTime notBefore);
}
