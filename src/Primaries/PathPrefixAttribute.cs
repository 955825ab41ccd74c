using Waystation.CacheStore;
using Waystation.CacheStore.Options;

namespace Waystation.Primaries;

/// <summary>Accepts the beginning of a path over SSH that no program reads as an option.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PathPrefixAttribute() : AcceptedAttribute("the beginning of a path, such as /srv/git")
{
    public override bool IsValid(object? value) =>
        value is string { Length: > 0 } path && path[0] != '-' && RepositoryPath.IsWellFormedOverSsh(path);
}
