using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Packs.Filling;

/// <summary>What a fill is for.</summary>
/// <param name="Key">The answer's name.</param>
/// <param name="Repository">Of which repository.</param>
/// <param name="ObjectFormat">Decides the length of the pack's trailer.</param>
/// <param name="KeepAtOnce">Worth keeping the first time, and worth finishing when nobody follows any more.</param>
public sealed record FillPlan(PackKey Key, RepositoryName Repository, ObjectFormat ObjectFormat, bool KeepAtOnce);
