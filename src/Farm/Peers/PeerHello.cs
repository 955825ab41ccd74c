using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Waystation.Farm.Nodes;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Peers;

/// <summary>
/// The beginning of a request to another node: sealed with the farm's secret for one operation at one start of that node. It carries the
/// key material of the exchange, so only a node with the secret can read the request or answer it.
/// </summary>
/// <param name="From">The name of the asking node.</param>
/// <param name="At">The time by its clock.</param>
/// <param name="Session">32 random bytes: the key material. They also tell a replayed request.</param>
internal sealed record PeerHello(string From, DateTimeOffset At, byte[] Session)
{
    /// <summary>The field of the request with the sealed hello, and of the response with the responder's nonce; base64.</summary>
    public const string Field = "Waystation-Farm";

    /// <summary>Clocks of nodes may differ by less than this.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(1);

    private const string Purpose = "peer hello";
    private const int SessionLength = 32;

    /// <summary>A new one.</summary>
    public static PeerHello Create(string from, TimeProvider time) =>
        new(from, time.GetUtcNow(), RandomNumberGenerator.GetBytes(SessionLength));

    /// <summary>The value of the field for this operation at this node.</summary>
    public string Seal(FarmSecrets secrets, string operation, FarmNode to) =>
        Convert.ToBase64String(secrets.Seal(Purpose, Context(operation, to), JsonSerializer.SerializeToUtf8Bytes(this)));

    /// <summary>Reads the field; null if it was not made for this operation at this node, or if it is not of now.</summary>
    public static PeerHello? Open(FarmSecrets secrets, string field, string operation, FarmNode self, TimeProvider time)
    {
        byte[] raw = new byte[field.Length];
        return
            Convert.TryFromBase64String(field, raw, out int length)
            && secrets.Open(Purpose, Context(operation, self), raw.AsSpan(0, length)) is { } content
            && JsonSerializer.Deserialize<PeerHello>(content) is { Session.Length: SessionLength } hello
            && (time.GetUtcNow() - hello.At).Duration() < MaxSkew
            ? hello
            : null;
    }

    /// <summary>The incarnation is in it, so a request of before a restart, which the node has forgotten, is not taken again.</summary>
    private static byte[] Context(string operation, FarmNode node) =>
        Encoding.UTF8.GetBytes($"{operation}\n{node.Name}\n{node.Incarnation}");
}
