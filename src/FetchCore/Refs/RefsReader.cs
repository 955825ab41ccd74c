using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Refs;

/// <summary>Reads a reply about refs while it passes: an <c>ls-refs</c>, or an advertisement of any version. It records nothing.</summary>
/// <param name="asked">The <c>ls-refs</c>; null for the advertisement.</param>
/// <param name="last">An earlier listing of the repository, with which this one may share memory; may be null.</param>
internal sealed class RefsReader(LsRefsRequest? asked, RefTipList? last = null)
{
    private readonly StreamTap _tap = asked is null ? new InfoRefsReader(last: last) : new LsRefsReader(asked.ObjectFormat, last: last);

    /// <summary>Whether the whole reply has passed and could be read.</summary>
    public bool IsComplete => _tap.IsComplete;

    /// <summary>Whether there is nothing more to read: all has passed, or it cannot be read.</summary>
    public bool IsOver => _tap.IsComplete || _tap.HasStopped;

    /// <summary>The listing; null before all of it has passed, and if the reply has none.</summary>
    public RefListing? Listing =>
        !IsComplete ? null
        : _tap is LsRefsReader refs ? RefListing.Of(asked!, refs)
        : _tap is InfoRefsReader { Capabilities: null } advertisement ? RefListing.Of(advertisement)
        : null;

    /// <summary>The v2 capability advertisement; null before all of it has passed, and if the reply has none.</summary>
    public CapabilityAdvertisement? Capabilities => IsComplete ? (_tap as InfoRefsReader)?.Capabilities : null;

    /// <summary>The protocol version of the reply.</summary>
    public int Version => (_tap as InfoRefsReader)?.Version ?? 2;

    /// <summary>Shows the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes) => _tap.Read(bytes);
}
