using System.Globalization;
using System.Text.Json.Nodes;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The locks of an LFS primary (File Locking API).</summary>
internal sealed class LfsLocks
{
    private readonly Lock _gate = new();
    private readonly List<Held> _locks = [];
    private int _last;

    /// <summary>Create Lock.</summary>
    public (int Status, JsonObject Answer) Create(string repository, string user, string path)
    {
        lock (_gate)
        {
            if (_locks.Find(held => held.Repository == repository && held.Path == path) is { } other)
            {
                return (409, new JsonObject { ["lock"] = other.ToJson(), ["message"] = "already created lock" });
            }

            string id = (++_last).ToString(CultureInfo.InvariantCulture);
            var made = new Held(id, repository, path, user, DateTimeOffset.UtcNow);
            _locks.Add(made);
            return (201, new JsonObject { ["lock"] = made.ToJson() });
        }
    }

    /// <summary>List Locks, in pages.</summary>
    public JsonObject List(string repository, string? path, string? id, string? cursor, int? limit)
    {
        lock (_gate)
        {
            (IReadOnlyList<Held> page, string? next) = Page(
                repository,
                held => (path is null || held.Path == path) && (id is null || held.Id == id),
                cursor,
                limit
            );
            return WithNext(new JsonObject { ["locks"] = Array(page) }, next);
        }
    }

    /// <summary>List Locks for Verification.</summary>
    public JsonObject Verify(string repository, string user, string? cursor, int? limit)
    {
        lock (_gate)
        {
            (IReadOnlyList<Held> page, string? next) = Page(repository, static _ => true, cursor, limit);
            var answer = new JsonObject
            {
                ["ours"] = Array(page.Where(held => held.Owner == user)),
                ["theirs"] = Array(page.Where(held => held.Owner != user)),
            };
            return WithNext(answer, next);
        }
    }

    /// <summary>Delete Lock.</summary>
    public (int Status, JsonObject Answer) Delete(string repository, string user, string id, bool force)
    {
        lock (_gate)
        {
            if (_locks.Find(held => held.Repository == repository && held.Id == id) is not { } held)
            {
                return (404, new JsonObject { ["message"] = "Lock not found" });
            }

            if (held.Owner != user && !force)
            {
                return (403, new JsonObject { ["message"] = $"The lock belongs to {held.Owner}" });
            }

            _locks.Remove(held);
            return (200, new JsonObject { ["lock"] = held.ToJson() });
        }
    }

    private (IReadOnlyList<Held> Page, string? Next) Page(string repository, Func<Held, bool> wanted, string? cursor, int? limit)
    {
        int start = cursor is { Length: > 0 } ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        int length = limit is > 0 ? limit.Value : 100;
        List<Held> all = [.. _locks.Where(held => held.Repository == repository && wanted(held))];
        string? next = start + length < all.Count ? (start + length).ToString(CultureInfo.InvariantCulture) : null;
        return ([.. all.Skip(start).Take(length)], next);
    }

    private static JsonArray Array(IEnumerable<Held> locks) => new([.. locks.Select(static held => (JsonNode)held.ToJson())]);

    private static JsonObject WithNext(JsonObject answer, string? next)
    {
        if (next is not null)
        {
            answer["next_cursor"] = next;
        }

        return answer;
    }

    private sealed record Held(string Id, string Repository, string Path, string Owner, DateTimeOffset At)
    {
        public JsonObject ToJson() =>
            new()
            {
                ["id"] = Id,
                ["path"] = Path,
                ["locked_at"] = At.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["owner"] = new JsonObject { ["name"] = Owner },
            };
    }
}
