using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>Shares permissions for LFS objects between the nodes of a farm.</summary>
public interface ILfsExchange
{
    /// <summary>The name of this node.</summary>
    string Node { get; }

    /// <summary>Gives a permission to the other nodes.</summary>
    /// <param name="grant">The permission.</param>
    /// <param name="age">The time since the primary was asked.</param>
    /// <param name="counts">Whether no refusal has ended it until now. It is asked last before the permission leaves this node.</param>
    void Share(LfsGrant grant, TimeSpan age, Func<bool> counts);

    /// <summary>
    /// A permission that the primary gave through another node, and that no known refusal has ended; null if there is none. It never throws
    /// but for the caller's own end, and waits for a bounded moment.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential.</param>
    /// <param name="asked">The object.</param>
    /// <param name="isOfOtherKey">Whether the credential is digested with the other key of a rotation. Then each refusal of the repository
    /// counts, because nobody can tell whose it is.</param>
    /// <param name="cancellationToken">The caller's.</param>
    ValueTask<ExchangedGrant?> RecallAsync(
        RepositoryName repository,
        Credential credential,
        LfsObject asked,
        bool isOfOtherKey,
        CancellationToken cancellationToken
    );
}

/// <summary>A permission, as nodes give it to each other.</summary>
/// <param name="Age">The time since the primary was asked.</param>
/// <param name="SourceLifetime">How long the source lives from the question on.</param>
/// <param name="Source">The source; null if it would carry the user's login.</param>
public sealed record ExchangedGrant(TimeSpan Age, TimeSpan SourceLifetime, LfsSourceParts? Source);
