using Waystation.CacheStore;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>A repository in the list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">The kind of its health: <c>good</c>, <c>busy</c>, <c>warn</c> or <c>bad</c>.</param>
/// <param name="Health">Its health in a word or two.</param>
/// <param name="Trouble">What is wrong; null if nothing is.</param>
/// <param name="Compared">When its mirror was last found equal to the primary; null if not since the start.</param>
/// <param name="HasMirror">Whether there is a mirror.</param>
/// <param name="MirrorBytes">Bytes of the mirror.</param>
/// <param name="LfsBytes">Bytes of its Git LFS objects.</param>
/// <param name="Refs">Refs of the mirror.</param>
/// <param name="LastUsed">When the mirror last made a response; null without a mirror.</param>
internal sealed record RepositoryRow(
    RepositoryName Name,
    string Kind,
    string Health,
    string? Trouble,
    DateTimeOffset? Compared,
    bool HasMirror,
    long MirrorBytes,
    long LfsBytes,
    int Refs,
    DateTimeOffset? LastUsed
);
