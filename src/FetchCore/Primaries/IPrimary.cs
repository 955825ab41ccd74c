using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Fetching;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// The primary, as it is asked in one client's name: each call carries that client's own credential, and goes out anew.
/// </summary>
public interface IPrimary
{
    /// <summary>Sends the client's own fetch request, as it came and once.</summary>
    Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken);

    /// <summary>Sends a fetch request of the node's own making (protocol v2), for which the client's stands surety.</summary>
    Task<PrimaryReply> SyncAsync(FetchRequest request, CancellationToken cancellationToken);

    /// <summary>Asks which refs there are (protocol v2).</summary>
    Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken);

    /// <summary>Asks for the advertisement only: whether this credential may read.</summary>
    Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken);
}
