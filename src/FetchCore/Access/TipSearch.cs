using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>Looks for ids among very many refs, in one pass and without an object for each ref.</summary>
internal static class TipSearch
{
    /// <summary>The ids among these that are the id of none of the tips.</summary>
    public static IReadOnlyCollection<ObjectId> NotTips(RefTipList tips, IEnumerable<ObjectId> ids)
    {
        var left = new HashSet<ObjectId>(ids);
        if (left.Count == 0)
        {
            return left;
        }

        var sieve = new IdSieve(left);
        for (RefTipReader reader = tips.Read(); left.Count > 0 && reader.MoveNext(); )
        {
            if (sieve.MayHave(reader.RawId))
            {
                left.Remove(reader.Id);
            }
        }

        return left;
    }
}
