using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Primaries.Lfs;

/// <summary>Makes sources from what a primary named at another node. This node follows them by its own rules.</summary>
/// <param name="primaries">The primaries.</param>
/// <param name="storage">Follows the sources.</param>
/// <param name="tickets">Hears of refusals.</param>
public sealed class LfsSources(PrimaryMap primaries, LfsStorage storage, AccessTickets tickets) : ILfsSources
{
    /// <inheritdoc />
    public ILfsSource? Of(RepositoryName repository, Credential credential, LfsSourceParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return primaries.Of(repository) is { } primary
            ? storage.SourceOf(
                primary.Http,
                new LfsAction(parts.Href, parts.Header),
                new LfsLogin([], () => tickets.RefuseLfs(repository, credential))
            )
            : null;
    }
}
