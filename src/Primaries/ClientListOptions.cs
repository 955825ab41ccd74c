using System.Net;
using Waystation.CacheStore.Options;

namespace Waystation.Primaries;

/// <summary>
/// The section <c>Primaries:0:Clients</c>: which clients may ask this primary through the node. A change of the file holds without a
/// restart.
/// </summary>
public sealed class ClientListOptions
{
    private const string Page = "operations.md#allowed-clients";

    [Setting("The networks whose clients may ask this primary through the node. Others are refused (403).", Default = "all", Page = Page)]
    public IReadOnlyList<IPNetwork> Allow { get; init; } = [];

    [Setting("Networks whose clients are refused, also where Allow has them.", Page = Page)]
    public IReadOnlyList<IPNetwork> Deny { get; init; } = [];
}
