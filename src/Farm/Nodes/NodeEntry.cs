using System.Text.Json;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Nodes;

/// <summary>What a node says about itself in Redis, sealed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">The URL at which other nodes reach it.</param>
/// <param name="State">The state that it is in, as it knows.</param>
/// <param name="Version">The version of its program.</param>
/// <param name="Incarnation">Changes with each start of its process.</param>
/// <param name="Folder">The id of its data folder: two nodes with one name have two.</param>
/// <param name="Started">The time of its start by its own clock, for people.</param>
/// <param name="Beat">Grows with each time that it is written. A node whose number stands still is gone, whatever the clocks say.</param>
internal sealed record NodeEntry(
    string Name,
    Uri Url,
    NodeState State,
    string Version,
    string Incarnation,
    string Folder,
    DateTimeOffset Started,
    long Beat
)
{
    private const string Purpose = "nodes";

    public byte[] Seal(FarmSecrets secrets) => secrets.Seal(Purpose, [], JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>The entry; null if no node of the farm has sealed it.</summary>
    public static NodeEntry? Open(FarmSecrets secrets, ReadOnlySpan<byte> sealedBytes) =>
        SealedJson.Open<NodeEntry>(secrets, Purpose, sealedBytes) is { Name: not null, Url: not null, Incarnation: not null } entry
            ? entry
            : null;
}
