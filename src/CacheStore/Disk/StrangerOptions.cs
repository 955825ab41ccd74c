using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// The section <c>Strangers</c>: how much clients may cost the others that anybody could be. Clients without a login are strangers, and so
/// are logins that the primary accepted only lately, where it gives the same to clients without a login.
/// </summary>
public sealed class StrangerOptions
{
    private const string Page = "operations.md#strangers";

    /// <summary>How long a login is a stranger at a public repository, from its first acceptance on.</summary>
    [Setting(
        "The time after its first fetch for which a login counts as a stranger at a public repository. 0 counts each login as known.",
        Page = Page
    )]
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan KnownAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Hundredths of each store that the things of strangers may take, even if the rest is free.</summary>
    [Setting(
        "Percent of the pack cache, of the mirrors and of the Git LFS objects that strangers may fill, even if the rest is free.",
        Page = Page
    )]
    [Range(0, 100)]
    public int MaxShare { get; init; } = 100;

    /// <summary>Mirrors that the fetches of all strangers together may begin in an hour.</summary>
    [Setting("Mirrors that the fetches of all strangers together may begin in an hour.", Page = Page)]
    [Range(0, 1_000_000)]
    public int MirrorsPerHour { get; init; } = 100;

    /// <summary>Mirrors that the fetches of one credential may begin in an hour.</summary>
    [Setting("Mirrors that the fetches of one login, or of one address without a login, may begin in an hour.", Page = Page)]
    [Range(0, 1_000_000)]
    public int MirrorsPerHourPerCredential { get; init; } = 1_000;
}
