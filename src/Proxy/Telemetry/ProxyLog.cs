namespace Waystation.Proxy.Telemetry;

/// <summary>Log messages of the front end; ids 2004 to 2099.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(2030, LogLevel.Warning, "the token file {File} cannot be read, so it admits nobody: {Reason}")]
    public static partial void TokenFileUnreadable(this ILogger logger, string file, string reason);

    [LoggerMessage(2032, LogLevel.Information, "{Repository}: is excluded by Projects for longer than RemoveAfter; {Bytes} bytes removed")]
    public static partial void ExcludedRemoved(this ILogger logger, string repository, long bytes);

    [LoggerMessage(2033, LogLevel.Warning, "data of excluded repositories could not be removed; the node tries again: {Reason}")]
    public static partial void ExcludedStuck(this ILogger logger, string reason);

    [LoggerMessage(2031, LogLevel.Error, "{Method} {Path}: the admin address failed to answer")]
    public static partial void AdminFailed(this ILogger logger, string method, string path, Exception exception);

    [LoggerMessage(2004, LogLevel.Warning, "{Method} {Path}: the primary could not be asked: {Reason}")]
    public static partial void PrimaryFailed(this ILogger logger, string method, string path, string reason);

    [LoggerMessage(
        2005,
        LogLevel.Error,
        "a request to {Primary} came back to this node: the primary's address leads here; set Primaries:0:Address to its own address"
    )]
    public static partial void Loops(this ILogger logger, string primary);

    [LoggerMessage(2007, LogLevel.Error, "{Method} {Path}: the node failed to answer")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, Exception cause);

    [LoggerMessage(
        2009,
        LogLevel.Information,
        "the settings file was read again; its Projects:Include, Projects:Exclude and Tls:Certificates are in force now"
    )]
    public static partial void SettingsReloaded(this ILogger logger);

    [LoggerMessage(
        2010,
        LogLevel.Error,
        "the changed settings file is wrong; the node keeps the earlier selection of projects: {Problems}"
    )]
    public static partial void SettingsNotReloaded(this ILogger logger, string problems);

    [LoggerMessage(2011, LogLevel.Warning, "the notice about a synchronized mirror could not be sent to {Url}: {Reason}")]
    public static partial void NoticeFailed(this ILogger logger, Uri url, string reason);

    [LoggerMessage(
        2008,
        LogLevel.Warning,
        "the data folder cannot be written: the node forwards every fetch and keeps nothing; make it writable and restart the node"
    )]
    public static partial void DataFolderReadOnly(this ILogger logger);

    [LoggerMessage(
        2013,
        LogLevel.Warning,
        "{Client} sends another {Header} with every request, so each counts as another login and the node asks the primary for each; "
            + "if this header does not identify the client, add it to Access:IgnoredHeaders"
    )]
    public static partial void FieldRestless(this ILogger logger, string client, string header);

    [LoggerMessage(2012, LogLevel.Error, "webhooks are refused, because Hooks:SecretFile {File} cannot be read: {Reason}")]
    public static partial void HookSecretUnreadable(this ILogger logger, string file, string reason);
}
