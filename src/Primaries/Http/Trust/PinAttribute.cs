using Waystation.CacheStore.Options;

namespace Waystation.Primaries.Http.Trust;

/// <summary>Accepts the pin of a public key as curl's <c>--pinnedpubkey</c> writes it (RFC 7469, section 2.4).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PinAttribute() : AcceptedAttribute("sha256// and 32 bytes in base64, as curl --pinnedpubkey takes it")
{
    /// <summary>What a pin begins with.</summary>
    public const string Prefix = "sha256//";

    private const int Length = 32;

    /// <inheritdoc />
    public override bool IsValid(object? value) =>
        value is string pin
        && pin.StartsWith(Prefix, StringComparison.Ordinal)
        && Convert.TryFromBase64String(pin[Prefix.Length..], new byte[Length + 1], out int written)
        && written == Length;
}
