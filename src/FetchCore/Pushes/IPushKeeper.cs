using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore;
using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Pushes;

/// <summary>The node that keeps a mirror, for pushes that pass through another one.</summary>
public interface IPushKeeper
{
    /// <summary>
    /// Hands a push to the node that keeps the mirror. That node hears of it at once, so that fetches wait for the push and do not ask the
    /// primary. False if this node keeps the mirror itself.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="arrive">Waits until the push is complete; null if it is not taken in.</param>
    /// <param name="format">The object format, once the push has arrived.</param>
    /// <param name="taking">Whether the other node has taken the push in.</param>
    bool TryHandOver(
        RepositoryName repository,
        Func<CancellationToken, Task<IncomingPack?>> arrive,
        Func<ObjectFormat> format,
        [NotNullWhen(true)] out Task<bool>? taking
    );
}
