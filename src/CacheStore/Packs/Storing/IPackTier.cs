namespace Waystation.CacheStore.Packs.Storing;

/// <summary>A store of finished packs; a tier may wrap a tier.</summary>
public interface IPackTier
{
    /// <summary>Opens the pack with this key; null if there is none that can be trusted. It never throws.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isStranger">Whether a stranger asks for it. Its use makes a pack of known clients worth no more.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    ValueTask<PackReader?> TryOpenAsync(PackKey key, bool isStranger, CancellationToken cancellationToken);
}
