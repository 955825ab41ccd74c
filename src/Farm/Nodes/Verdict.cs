using System.Text.Json;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Nodes;

/// <summary>The last decision of an operator on a node.</summary>
/// <param name="Name">The name of the node.</param>
/// <param name="IsApproved">Whether it may take part; otherwise it was removed.</param>
/// <param name="Generation">Grows with each decision on this name. The highest one counts.</param>
internal sealed record Verdict(string Name, bool IsApproved, long Generation)
{
    private const string Purpose = "verdicts";

    public byte[] Seal(FarmSecrets secrets) => secrets.Seal(Purpose, [], JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>The verdict; null if no node of the farm has sealed it.</summary>
    public static Verdict? Open(FarmSecrets secrets, ReadOnlySpan<byte> sealedBytes) =>
        SealedJson.Open<Verdict>(secrets, Purpose, sealedBytes) is { Name: not null } verdict ? verdict : null;
}
