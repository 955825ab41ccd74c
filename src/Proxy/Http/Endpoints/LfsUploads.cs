using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries;
using Waystation.Proxy.Http.Requests;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// The uploads that the primary asked for on its own host. They pass through the node, which keeps a copy.
/// <code>
///   batch answer ──► expected ──► PUT accepted ──► kept                  if the primary named no verification
///                                      └─► waits ──► POST verify accepted ──► kept
/// </code>
/// An object counts only after its last step. What is not finished within an hour is dropped.
/// </summary>
internal sealed class LfsUploads : IDisposable
{
    /// <summary>The uploads of large pushes at once: 100 objects in each batch.</summary>
    private const int MaxExpected = 65_536;

    private const int MaxWaiting = 1_024;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(1);

    private readonly LfsStore _store;
    private readonly LfsElsewhere? _elsewhere;
    private readonly RecentMap<string, Expected> _puts;
    private readonly RecentMap<string, bool> _verifications;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Target, LfsObject Object), Waiting> _waiting = [];
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;

    public LfsUploads(LfsStore store, TimeProvider time, LfsElsewhere? elsewhere = null)
    {
        (_store, _time, _elsewhere) = (store, time, elsewhere);
        _puts = new RecentMap<string, Expected>(MaxExpected, s_lifetime, time);
        _verifications = new RecentMap<string, bool>(MaxExpected, s_lifetime, time);
        _sweep = time.CreateTimer(_ => DropOld(), null, s_lifetime / 6, s_lifetime / 6);
    }

    /// <summary>The primary wants an upload. Another host's is none of the node's.</summary>
    public void Expect(ClientRequest request, LfsObject uploaded, string href, string? verifyHref)
    {
        string? target = KeyOf(request.Primary, href);
        string? verify = verifyHref is null ? null : KeyOf(request.Primary, verifyHref);
        if (target is not null && (verifyHref is null || verify is not null) && _store.IsOn && !_store.Contains(uploaded))
        {
            _puts.Set(target, new Expected(request.Repository, uploaded, verify));
            if (verify is not null)
            {
                _verifications.Set(verify, true);
            }
        }
    }

    /// <summary>Whether this is an upload that the primary wants.</summary>
    public bool IsUpload(HttpRequest request, Primary primary, GitRequest git, [NotNullWhen(true)] out Expected? expected)
    {
        expected = null;
        return HttpMethods.IsPut(request.Method)
            && request.Headers.ContentEncoding.Count == 0
            && _puts.TryGet(KeyOfTarget(primary, git.Target), out expected);
    }

    /// <summary>Whether this is a verification that follows an upload.</summary>
    public bool IsVerification(HttpRequest request, Primary primary, GitRequest git) =>
        HttpMethods.IsPost(request.Method) && _verifications.Contains(KeyOfTarget(primary, git.Target));

    /// <summary>The copy of an upload begins.</summary>
    public LfsUpload Begin(Expected expected) => _store.BeginUpload(expected.Repository, expected.Object);

    /// <summary>The primary has accepted an upload. The copy counts, or waits for its verification.</summary>
    public async Task AcceptAsync(Expected expected, LfsUpload copy)
    {
        if (!await copy.CompleteAsync())
        {
            copy.Dispose();
            return;
        }

        if (expected.Verify is null)
        {
            Keep(expected.Repository, expected.Object, copy);
            return;
        }

        LfsUpload? dropped;
        lock (_gate)
        {
            (string, LfsObject) key = (expected.Verify, expected.Object);
            dropped = _waiting.Remove(key, out Waiting? earlier) ? earlier.Copy : null;
            if (dropped is null && _waiting.Count >= MaxWaiting)
            {
                ((string, LfsObject) oldest, Waiting first) = _waiting.MinBy(static one => one.Value.At);
                _waiting.Remove(oldest);
                dropped = first.Copy;
            }

            _waiting.Add(key, new Waiting(expected.Repository, copy, _time.GetTimestamp()));
        }

        dropped?.Dispose();
    }

    /// <summary>The primary has verified an upload.</summary>
    public void Verified(Primary primary, GitRequest git, LfsObject uploaded)
    {
        Waiting? waiting;
        lock (_gate)
        {
            _waiting.Remove((KeyOfTarget(primary, git.Target), uploaded), out waiting);
        }

        if (waiting is not null)
        {
            Keep(waiting.Repository, uploaded, waiting.Copy);
        }
    }

    private void Keep(RepositoryName repository, LfsObject uploaded, LfsUpload copy)
    {
        if (copy.TryKeep())
        {
            _elsewhere?.Offer(repository, uploaded);
        }

        copy.Dispose();
    }

    public void Dispose()
    {
        _sweep.Dispose();
        Drop(static _ => true);
    }

    private void DropOld() => Drop(waiting => _time.GetElapsedTime(waiting.At) >= s_lifetime);

    private void Drop(Func<Waiting, bool> isToGo)
    {
        List<LfsUpload> dropped = [];
        lock (_gate)
        {
            foreach (((string, LfsObject) key, Waiting waiting) in _waiting.Where(one => isToGo(one.Value)).ToList())
            {
                _waiting.Remove(key);
                dropped.Add(waiting.Copy);
            }
        }

        dropped.ForEach(static copy => copy.Dispose());
    }

    /// <summary>The key of a URL on the primary itself; null for another host.</summary>
    private static string? KeyOf(Primary primary, string url) =>
        primary.Http.OwnTargetOf(url) is { } target ? KeyOfTarget(primary, target) : null;

    private static string KeyOfTarget(Primary primary, string target) => primary.Authority + target;

    /// <summary>An upload that the primary wants.</summary>
    /// <param name="Repository">The repository.</param>
    /// <param name="Object">The object.</param>
    /// <param name="Verify">The key of the verification that must follow; null for none.</param>
    internal sealed record Expected(RepositoryName Repository, LfsObject Object, string? Verify);

    private sealed record Waiting(RepositoryName Repository, LfsUpload Copy, long At);
}
