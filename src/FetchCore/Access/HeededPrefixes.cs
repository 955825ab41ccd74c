using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Says for which names the silence of a listing counts. Each server limits the prefixes that it heeds in its own way, and a prefix that
/// was not heeded looks like a namespace without refs. So the silence of a listing counts only if the listing was asked for everything, or
/// shows at least one ref of that prefix.
/// </summary>
internal sealed class HeededPrefixes
{
    private readonly RefListing _listing;
    private readonly bool[] _heeded;

    public HeededPrefixes(RefListing listing)
    {
        _listing = listing;
        _heeded = new bool[listing.Asked.Prefixes.Count];
        if (_heeded.Length > 0)
        {
            Note(listing.Packed);
        }

        if (listing.UnbornHeadTarget is not null)
        {
            Note("HEAD");
        }
    }

    /// <summary>Whether that holds for every name.</summary>
    public bool TellOfAll => _listing.IsComplete;

    /// <summary>Whether there is no ref of this name, if the listing shows none.</summary>
    public bool TellOf(string name) => _listing.IsComplete || (_listing.Asked.Prefixes.Find(name) is >= 0 and var at && _heeded[at]);

    /// <summary>Most names begin with the prefix of the name before them, and nothing is looked up for those.</summary>
    private void Note(RefTipList tips)
    {
        byte[]? last = null;
        for (RefTipReader reader = tips.Read(); reader.MoveNext(); )
        {
            if (last is not null && reader.Name.StartsWith(last))
            {
                continue;
            }

            int at = _listing.Asked.Prefixes.Find(RefName.FromBytes(reader.Name));
            if (at >= 0)
            {
                _heeded[at] = true;
                last = RefName.ToBytes(_listing.Asked.Prefixes[at]);
            }
        }
    }

    private void Note(string name)
    {
        if (_listing.Asked.Prefixes.Find(name) is >= 0 and var at)
        {
            _heeded[at] = true;
        }
    }
}
