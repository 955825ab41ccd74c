using System.Globalization;
using System.Text;
using Waystation.CacheStore;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// Exchanges permissions for LFS objects through Redis, by the same rules as tickets. A source may hold a token of a storage. It lies in
/// Redis like every value: sealed with the secret of the farm.
/// </summary>
internal sealed class LfsExchange(
    ISharedValues values,
    IAnnouncements announcements,
    RefusalOrder order,
    FarmOptions options,
    LfsTerms terms,
    TimeProvider time
) : ILfsExchange
{
    private const string Kind = "lfs-grant";

    /// <summary>Clocks of nodes may differ by so much.</summary>
    private static readonly TimeSpan s_tolerance = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public string Node => options.Name;

    /// <inheritdoc />
    public void Share(LfsGrant grant, TimeSpan age, Func<bool> counts)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(counts);
        if (!announcements.IsHearing || !values.IsHere)
        {
            return;
        }

        // Before it is known whether the permission counts: a refusal that is heard in between has a later place.
        AnnouncementPosition position = announcements.Position;
        long grantedAt = (time.GetUtcNow() - age).ToUnixTimeMilliseconds();
        if (counts() && GrantCodec.Write(new SharedGrant(grantedAt, position, grant.SourceLifetime, grant.Source?.Parts)) is { } written)
        {
            values.Set(Kind, NameOf(grant.Repository, grant.Credential, grant.Object), written, terms.Memory - age);
        }
    }

    /// <inheritdoc />
    public async ValueTask<ExchangedGrant?> RecallAsync(
        RepositoryName repository,
        Credential credential,
        LfsObject asked,
        bool isOfOtherKey,
        CancellationToken cancellationToken
    )
    {
        byte[]? found = values.IsHere ? await values.FindAsync(Kind, NameOf(repository, credential, asked), cancellationToken) : null;
        if (found is null || GrantCodec.Read(found) is not { } grant || !announcements.HasHeardAllSince(grant.Position))
        {
            return null;
        }

        TimeSpan age = time.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromMilliseconds(grant.GrantedAt);
        bool isAllowed =
            Allows(repository, credential, isOfOtherKey, grant.Position)
            // A remote without .git and its LFS server, whose URL has it, are one repository.
            && Allows(LfsGrants.Spelt(repository), credential, isOfOtherKey, grant.Position);
        return isAllowed && age > -s_tolerance && age < terms.Memory
            ? new ExchangedGrant(age > TimeSpan.Zero ? age : TimeSpan.Zero, grant.SourceLifetime, grant.Source)
            : null;
    }

    private bool Allows(RepositoryName repository, Credential credential, bool isOfOtherKey, AnnouncementPosition position) =>
        isOfOtherKey
            ? order.AllowsAll(repository, credential.IsAnonymous, position)
            : order.Allows(repository, credential, RefusalKind.Reading, position)
                && order.Allows(repository, credential, RefusalKind.Lfs, position);

    private static byte[] NameOf(RepositoryName repository, Credential credential, LfsObject asked) =>
        Encoding.UTF8.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{repository.Host}\n{repository.Path}\n{credential.ToToken()}\n{asked.Id}\n{asked.Size}"
            )
        );
}
