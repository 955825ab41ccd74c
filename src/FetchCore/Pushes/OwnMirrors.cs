using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore;
using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Pushes;

/// <summary>A node by itself keeps all mirrors.</summary>
public sealed class OwnMirrors : IPushKeeper
{
    /// <inheritdoc />
    public bool TryHandOver(
        RepositoryName repository,
        Func<CancellationToken, Task<IncomingPack?>> arrive,
        Func<ObjectFormat> format,
        [NotNullWhen(true)] out Task<bool>? taking
    )
    {
        taking = null;
        return false;
    }
}
