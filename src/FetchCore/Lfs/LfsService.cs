using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Standing;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>
/// The core of LFS. The primary answers each batch request, and so decides who may have which object; the node serves the objects.
/// <code>
///   batch:     primary's action ──► LfsGrants ──► LfsUrls ──► the node's URL
///   download:  the node's URL ──► LfsUrls ──► LfsGrants ──► LfsStore: stored, being downloaded, or downloaded now from the source
/// </code>
/// </summary>
public sealed class LfsService
{
    private readonly LfsStore _store;
    private readonly LfsGrants _grants;
    private readonly LfsUrls _urls;
    private readonly LfsTerms _terms;
    private readonly TimeProvider _time;
    private readonly ClientStandings _standings;
    private readonly LfsElsewhere? _elsewhere;

    /// <param name="store">The objects on disk.</param>
    /// <param name="grants">The primary's permissions.</param>
    /// <param name="urls">Signs URLs.</param>
    /// <param name="terms">The times.</param>
    /// <param name="standings">Says which clients are strangers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="elsewhere">The other nodes of the farm; null for a node that is alone.</param>
    public LfsService(
        LfsStore store,
        LfsGrants grants,
        LfsUrls urls,
        LfsTerms terms,
        ClientStandings standings,
        TimeProvider time,
        LfsElsewhere? elsewhere = null
    ) => (_store, _grants, _urls, _terms, _standings, _time, _elsewhere) = (store, grants, urls, terms, standings, time, elsewhere);

    /// <summary>Whether the node serves objects at all.</summary>
    public bool IsOn => _store.IsOn;

    /// <summary>
    /// The primary permits a download. Returns the target of the node's URL and its end; null if the node does not take the download, which
    /// then goes as the primary said.
    /// </summary>
    /// <param name="grant">The permission.</param>
    public LfsUrl? Grant(LfsGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        TimeSpan lifetime = Min(_terms.UrlLifetime, grant.SourceLifetime - _time.GetElapsedTime(grant.GrantedAt));
        if (lifetime < Min(_terms.UrlLifetime, LfsUrl.Shortest) || !_grants.TryAdd(grant))
        {
            return null;
        }

        _standings.NoteAccepted(grant.Repository, grant.Credential);
        _elsewhere?.Share(grant);
        return NewUrl(grant, lifetime);
    }

    /// <summary>
    /// The primary does not answer. The URL for an object that it permitted lately to this credential, and that a node has stored; else
    /// null.
    /// </summary>
    public async ValueTask<LfsUrl?> GrantRecordedAsync(
        RepositoryName repository,
        Credential credential,
        LfsObject asked,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(new LfsUrlParts(repository, credential, asked, Node: null), target: "", cancellationToken) is { } grant
        && _time.GetElapsedTime(grant.GrantedAt) < _terms.ServeFor
        && await IsStoredAnywhereAsync(repository, asked, cancellationToken)
            ? NewUrl(grant, _terms.UrlLifetime)
            : null;

    /// <summary>The permission behind a target that a node signed; null if it is not valid, or not any more.</summary>
    public async ValueTask<LfsGrant?> FindAsync(string target, CancellationToken cancellationToken) =>
        _urls.Read(target) is { } parts ? await FindAsync(parts, target, cancellationToken) : null;

    /// <summary>
    /// This node's own source behind a target that a node signed, for another node that cannot download the object; null if there is none.
    /// </summary>
    public async ValueTask<ILfsSource?> FindSourceAsync(string target, CancellationToken cancellationToken) =>
        await FindAsync(target, cancellationToken) is { } grant && HasSource(grant) ? grant.Source : null;

    /// <summary>Whether the object of a permission can be had: it is stored, or its source lives.</summary>
    public async ValueTask<bool> CanOpenAsync(LfsGrant grant, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return HasSource(grant) || await IsStoredAnywhereAsync(grant.Repository, grant.Object, cancellationToken);
    }

    /// <summary>Whether the object of a permission is stored.</summary>
    public bool IsStored(LfsGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return _store.Contains(grant.Object);
    }

    /// <summary>Opens an object: from the disk, by following a download for another client, or by a download of its own.</summary>
    /// <returns>The reading, whose bytes can leave now; or why there is none.</returns>
    public async Task<(LfsReading? Reading, LfsRefusal? Refusal)> OpenAsync(LfsGrant grant, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (Open(grant) is not { } reading)
        {
            return (null, LfsRefusals.SourceIsOver);
        }

        LfsRefusal? refusal = null;
        bool isOpen = false;
        try
        {
            refusal = await reading.WaitAsync(cancellationToken);
            isOpen = refusal is null;
        }
        finally
        {
            if (!isOpen)
            {
                await reading.DisposeAsync();
            }
        }

        return isOpen ? (reading, null) : (null, refusal);
    }

    private async ValueTask<LfsGrant?> FindAsync(LfsUrlParts parts, string target, CancellationToken cancellationToken)
    {
        if (!parts.IsOfOtherKey && _grants.Find(parts.Repository, parts.Credential, parts.Object) is { } known)
        {
            return known;
        }

        if (_elsewhere is null || await _elsewhere.RecallAsync(parts, target, cancellationToken) is not { } recalled)
        {
            return null;
        }

        // With the other key of a rotation no refusal would end it here, so it is asked for each time.
        return parts.IsOfOtherKey || _grants.TryAdd(recalled) ? recalled : null;
    }

    private async ValueTask<bool> IsStoredAnywhereAsync(RepositoryName repository, LfsObject asked, CancellationToken cancellationToken) =>
        _store.Contains(asked) || (_elsewhere is not null && await _elsewhere.HaveAsync(repository, asked, cancellationToken));

    private LfsReading? Open(LfsGrant grant)
    {
        bool isStranger = _standings.IsStranger(grant.Repository, grant.Credential);
        ILfsSource? own = HasSource(grant) ? grant.Source : null;
        return (_elsewhere is null ? own : _elsewhere.Through(grant, own)) is { } source
            ? _store.Open(grant.Repository, grant.Object, source.FillAsync, isStranger)
            : _store.TryOpenStored(grant.Repository, grant.Object, isStranger);
    }

    private bool HasSource(LfsGrant grant) => grant.Source is not null && _time.GetElapsedTime(grant.GrantedAt) < grant.SourceLifetime;

    private LfsUrl NewUrl(LfsGrant grant, TimeSpan lifetime)
    {
        DateTimeOffset expires = _time.GetUtcNow() + lifetime;
        var parts = new LfsUrlParts(grant.Repository, grant.Credential, grant.Object, _elsewhere?.NodeFor(grant));
        return new LfsUrl(_urls.Sign(parts, expires), lifetime, expires);
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
