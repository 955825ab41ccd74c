namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The ways in which LFS servers of the world differ; a test may change them while the primary runs.</summary>
public sealed record LfsBehaviour
{
    /// <summary>Where the hrefs of actions point.</summary>
    public LfsPlace Place { get; init; }

    /// <summary>How the href of an action carries its permission.</summary>
    public LfsSigning Signing { get; init; }

    /// <summary>Said with each action; null says nothing. A signed href ends then.</summary>
    public TimeSpan? ExpiresIn { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Says <c>expires_at</c> instead of <c>expires_in</c>.</summary>
    public bool SaysExpiresAt { get; init; }

    /// <summary>Whether uploads have a <c>verify</c> action, without which the uploaded object does not exist.</summary>
    public bool Verifies { get; init; }

    public bool HasLocks { get; init; } = true;

    /// <summary>Whether object URLs answer ranges; without, they answer the whole object to each request.</summary>
    public bool AnswersRanges { get; init; } = true;

    /// <summary>Whether batch answers have fields that no specification knows, in each of their levels.</summary>
    public bool HasUnknownFields { get; init; }

    /// <summary>The transfer adapter that the server prefers, where the client has it.</summary>
    public string Transfer { get; init; } = "basic";

    /// <summary>Where object URLs of the primary redirect to, instead of to the storage host.</summary>
    public Uri? RedirectTo { get; init; }
}

public enum LfsPlace
{
    /// <summary>The primary itself.</summary>
    OwnHost,

    /// <summary>A storage host of its own.</summary>
    StorageHost,

    /// <summary>The primary, which redirects to the storage host.</summary>
    Redirect,
}

public enum LfsSigning
{
    /// <summary>A token in the query of the URL.</summary>
    Query,

    /// <summary>A token in a header field that the action names.</summary>
    Header,

    /// <summary>None: the primary asks for the user's login. The answer does not say <c>authenticated</c>.</summary>
    Login,
}
