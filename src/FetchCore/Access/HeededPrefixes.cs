using Waystation.GitProtocol.Advertisements;

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
        foreach (RefTip tip in listing.Tips)
        {
            Note(tip.Name);
        }

        if (listing.UnbornHeadTarget is not null)
        {
            Note("HEAD");
        }
    }

    /// <summary>Whether there is no ref of this name, if the listing shows none.</summary>
    public bool TellOf(string name) => _listing.IsComplete || (_listing.Asked.Prefixes.Find(name) is >= 0 and var at && _heeded[at]);

    private void Note(string name)
    {
        if (_listing.Asked.Prefixes.Find(name) is >= 0 and var at)
        {
            _heeded[at] = true;
        }
    }
}
