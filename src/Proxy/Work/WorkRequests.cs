using System.Text.Json;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.Farm.Announcements;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Peers;
using Waystation.Primaries;

namespace Waystation.Proxy.Work;

/// <summary>
/// Work that an operator or a forge asks for. In a farm any node may be asked, and the node that keeps the mirror does it: a node that
/// does not keep it announces the request.
/// </summary>
internal sealed class WorkRequests
{
    private const string Named = "work";
    private const string Hooked = "hook";

    private readonly WorkQueue _queue;
    private readonly MirrorSet _mirrors;
    private readonly PrimaryMap _primaries;
    private readonly IPeers _peers;
    private readonly IAnnouncements? _farm;

    /// <param name="queue">Does the work.</param>
    /// <param name="mirrors">The mirrors of this node.</param>
    /// <param name="primaries">The primaries.</param>
    /// <param name="peers">Says which mirrors this node keeps.</param>
    /// <param name="farm">Tells the other nodes; empty for a node by itself.</param>
    public WorkRequests(WorkQueue queue, MirrorSet mirrors, PrimaryMap primaries, IPeers peers, IEnumerable<IAnnouncements> farm)
    {
        (_queue, _mirrors, _primaries, _peers, _farm) = (queue, mirrors, primaries, peers, farm.FirstOrDefault());
        _farm?.Subscribe(Named, heard => Read<WorkNews>(heard, news => TryBegin(news.Kind, new RepositoryName(news.Host, news.Path))));
        _farm?.Subscribe(Hooked, heard => Read<HookNews>(heard, news => Compare(news.Primary, news.Name)));
    }

    /// <summary>Puts work on a repository into the queue of the node that keeps its mirror.</summary>
    public void Begin(WorkKind kind, RepositoryName repository)
    {
        if (!TryBegin(kind, repository))
        {
            _farm?.Announce(Named, JsonSerializer.SerializeToUtf8Bytes(new WorkNews(kind, repository.Host, repository.Path)));
        }
    }

    /// <summary>A forge says that a repository has changed: its mirrors are compared with the primary, wherever they are.</summary>
    /// <param name="primary">The host name to which the notice came. If it is that of a primary, the repository is one of that
    /// primary.</param>
    /// <param name="name">The repository, as the forge names it.</param>
    public void Changed(string primary, string name)
    {
        Compare(primary, name);
        _farm?.Announce(Hooked, JsonSerializer.SerializeToUtf8Bytes(new HookNews(primary, name)));
    }

    private bool TryBegin(WorkKind kind, RepositoryName repository)
    {
        if (!_peers.Keeps(repository))
        {
            return false;
        }

        // There is nothing to compare without a mirror.
        _queue.Enqueue(kind == WorkKind.Vet && _mirrors.Peek(repository) is null ? WorkKind.Warm : kind, repository);
        return true;
    }

    private void Compare(string primary, string name)
    {
        Primary? said = _primaries.Find(primary);
        foreach (Mirror mirror in _mirrors.All().Where(mirror => ForgeName.Means(name, mirror.Name.Path)))
        {
            if (
                _primaries.Of(mirror.Name) is { } owner
                && (said is null || said == owner)
                && owner.Selects(mirror.Name.Path)
                && _peers.Keeps(mirror.Name)
            )
            {
                _queue.Enqueue(WorkKind.Vet, mirror.Name);
            }
        }
    }

    private static void Read<T>(Announcement heard, Action<T> take)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize<T>(heard.Content.Span) is { } news)
            {
                take(news);
            }
        }
        catch (JsonException)
        {
            // A node of another version says it in another way.
        }
    }

    private sealed record WorkNews(WorkKind Kind, string Host, string Path);

    private sealed record HookNews(string Primary, string Name);
}
