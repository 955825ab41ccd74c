using System.Collections.Concurrent;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>All that an LFS primary and its storage were asked.</summary>
public sealed class LfsRequests
{
    private readonly ConcurrentQueue<LfsRequest> _all = new();

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<LfsRequest> All => [.. _all];

    /// <summary>Whether the storage host was ever shown an <c>Authorization</c>, which only the primary's users have.</summary>
    public bool StorageSawAuthorization => _all.Any(static request => request.IsAtStorage && request.Header("Authorization") is not null);

    /// <summary>Bytes of objects that left the primary or its storage.</summary>
    public long ObjectBytes => _all.Where(static request => request.Kind == LfsRequestKind.Get).Sum(static request => request.Bytes);

    public int Count(LfsRequestKind kind) => _all.Count(request => request.Kind == kind);

    /// <summary>The same, but for refusals and redirections.</summary>
    public int Served(LfsRequestKind kind) => _all.Count(request => request.Kind == kind && request.Status is >= 200 and < 300);

    /// <summary>How often an object was asked for at the place that has it; redirections are not counted.</summary>
    public int Downloads(string oid) =>
        _all.Count(request => request.Kind == LfsRequestKind.Get && request.Oid == oid && request.Status is not (>= 300 and < 400));

    /// <summary>Bytes of one object that left the primary or its storage.</summary>
    public long BytesOf(string oid) =>
        _all.Where(request => request.Kind == LfsRequestKind.Get && request.Oid == oid).Sum(static request => request.Bytes);

    public void Forget() => _all.Clear();

    internal void Add(LfsRequest request) => _all.Enqueue(request);
}
