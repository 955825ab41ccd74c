namespace Waystation.CacheStore.Packs.Storing;

/// <summary>A store of finished packs; a tier may wrap a tier.</summary>
public interface IPackTier
{
    /// <summary>Opens the pack with this key; null if there is none that can be trusted. It never throws.</summary>
    ValueTask<PackReader?> TryOpenAsync(PackKey key, CancellationToken cancellationToken);
}
