using Waystation.CacheStore;
using Waystation.CacheStore.Options;

namespace Waystation.Primaries;

/// <summary>Accepts a glob over repository paths.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RepositoryGlobAttribute() : AcceptedAttribute("a glob such as team/*")
{
    public override bool IsValid(object? value) => RepositoryPath.IsWellFormedOverSsh(value as string);
}
