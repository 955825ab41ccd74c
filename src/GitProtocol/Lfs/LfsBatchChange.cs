namespace Waystation.GitProtocol.Lfs;

/// <summary>The changes that a proxy makes to one object of a batch answer. Members that are null stay as they are.</summary>
public sealed record LfsBatchChange
{
    /// <summary>The URL of the proxy for the download. It needs no login and no header field.</summary>
    public string? DownloadHref { get; init; }

    /// <summary>How long <see cref="DownloadHref"/> lives.</summary>
    public TimeSpan DownloadExpiresIn { get; init; }

    /// <summary>When <see cref="DownloadHref"/> ends; written only where the answer said such a time.</summary>
    public DateTimeOffset DownloadExpiresAt { get; init; }

    /// <summary>Another URL for the upload.</summary>
    public string? UploadHref { get; init; }

    /// <summary>Another URL for the verification.</summary>
    public string? VerifyHref { get; init; }
}
