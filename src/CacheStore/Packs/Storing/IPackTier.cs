namespace Waystation.CacheStore.Packs.Storing;

/// <summary>Where finished answers are found: a tier may wrap a tier.</summary>
public interface IPackTier
{
    /// <summary>Opens the answer with this key; null where there is none that can be trusted. Never an exception.</summary>
    ValueTask<PackReader?> TryOpenAsync(PackKey key, CancellationToken cancellationToken);
}
