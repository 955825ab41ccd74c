namespace Waystation.Proxy.Telemetry;

/// <summary>What the front end tells the log; ids 2004 to 2099.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(2004, LogLevel.Warning, "{Method} {Path}: the primary could not be asked: {Reason}")]
    public static partial void PrimaryFailed(this ILogger logger, string method, string path, string reason);

    [LoggerMessage(2005, LogLevel.Information, "the certificate was loaded again")]
    public static partial void CertificateReloaded(this ILogger logger);

    [LoggerMessage(2006, LogLevel.Error, "the certificate cannot be loaded, the one in use stays")]
    public static partial void CertificateKept(this ILogger logger, Exception cause);

    [LoggerMessage(2007, LogLevel.Error, "{Method} {Path}: failed")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, Exception cause);

    [LoggerMessage(2009, LogLevel.Information, "the settings file was read again; the projects selected are those it names now")]
    public static partial void SettingsReloaded(this ILogger logger);

    [LoggerMessage(2010, LogLevel.Error, "the settings file has changed and is wrong, what was selected stays: {Problems}")]
    public static partial void SettingsNotReloaded(this ILogger logger, string problems);

    [LoggerMessage(2011, LogLevel.Warning, "{Url} could not be told that a mirror was brought up to date: {Reason}")]
    public static partial void NoticeFailed(this ILogger logger, Uri url, string reason);

    [LoggerMessage(2008, LogLevel.Warning, "the data folder takes no writes: nothing is kept, all is forwarded")]
    public static partial void DataFolderReadOnly(this ILogger logger);

    [LoggerMessage(
        2013,
        LogLevel.Warning,
        "{Client} sends another {Header} with every request, so that each counts as another login and none finds a ticket; "
            + "if it does not say who asks, name it in Access:IgnoredHeaders"
    )]
    public static partial void FieldRestless(this ILogger logger, string client, string header);

    [LoggerMessage(2012, LogLevel.Error, "{File}, which webhooks are signed with, cannot be read: {Reason}")]
    public static partial void HookSecretUnreadable(this ILogger logger, string file, string reason);
}
