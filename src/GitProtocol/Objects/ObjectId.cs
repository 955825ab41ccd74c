using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Objects;

/// <summary>The name of an object, its digest held inline: no allocation, compared by value, ordered as git orders.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct ObjectId : IEquatable<ObjectId>, IComparable<ObjectId>
{
    private readonly Digest _inline;

    private ObjectId(ObjectFormat format, in Digest digest)
    {
        Format = format;
        _inline = digest;
    }

    /// <summary>The hash function that made it.</summary>
    public ObjectFormat Format { get; }

    /// <summary>Whether all digits are 0: the id that stands for no object.</summary>
    public bool IsZero => !Raw.ContainsAnyExcept((byte)0);

    [UnscopedRef]
    private ReadOnlySpan<byte> Raw => ((ReadOnlySpan<byte>)_inline)[..Format.DigestLength];

    /// <summary>Parses exactly the digits of one id.</summary>
    public static bool TryParse(ReadOnlySpan<byte> hex, ObjectFormat format, out ObjectId id)
    {
        id = default;
        if (hex.Length != format.HexLength)
        {
            return false;
        }

        Digest digest = default;
        if (Convert.FromHexString(hex, digest, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        id = new ObjectId(format, digest);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, ObjectFormat, out ObjectId)"/>
    public static bool TryParse(ReadOnlySequence<byte> hex, ObjectFormat format, out ObjectId id)
    {
        if (hex.IsSingleSegment)
        {
            return TryParse(hex.FirstSpan, format, out id);
        }

        id = default;
        if (hex.Length != format.HexLength)
        {
            return false;
        }

        Span<byte> copy = stackalloc byte[Digest.Length * 2];
        hex.CopyTo(copy);
        return TryParse(copy[..format.HexLength], format, out id);
    }

    /// <summary>Parses an id from text; the length of the text gives the format.</summary>
    /// <exception cref="FormatException">It is neither 40 nor 64 hexadecimal digits.</exception>
    public static ObjectId Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        Span<byte> ascii = stackalloc byte[Digest.Length * 2];
        ObjectFormat format = hex.Length == ObjectFormat.Sha256.HexLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
        if (
            hex.Length != format.HexLength
            || System.Text.Ascii.FromUtf16(hex, ascii, out int written) != OperationStatus.Done
            || !TryParse(ascii[..written], format, out ObjectId id)
        )
        {
            throw new FormatException($"Not an object id: {hex.Length} characters.");
        }
        return id;
    }

    /// <summary>An id from its 20 or 32 bytes.</summary>
    public static ObjectId FromRaw(ReadOnlySpan<byte> raw)
    {
        ObjectFormat format = raw.Length == ObjectFormat.Sha256.DigestLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
        ArgumentOutOfRangeException.ThrowIfNotEqual(raw.Length, format.DigestLength, nameof(raw));
        Digest digest = default;
        raw.CopyTo(digest);
        return new ObjectId(format, digest);
    }

    /// <summary>Writes the lower-case digits, as many as the format's HexLength.</summary>
    public void WriteHex(Span<byte> destination)
    {
        ReadOnlySpan<byte> raw = Raw;
        for (int i = 0; i < raw.Length; i++)
        {
            Hex.Write(destination[(2 * i)..], raw[i]);
        }
    }

    /// <summary>Writes the bytes of the digest.</summary>
    public void CopyTo(Span<byte> raw) => Raw.CopyTo(raw);

    /// <summary>The lower-case digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Raw);

    /// <inheritdoc/>
    public bool Equals(ObjectId other) => Format == other.Format && Raw.SequenceEqual(other.Raw);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ObjectId other && Equals(other);

    /// <summary>A keyed hash, so that the sender of a request cannot choose the buckets of its ids.</summary>
    [SuppressMessage("Usage", "MA0021", Justification = "The ordinal, keyed hash is needed, and no comparer takes spans.")]
    public override int GetHashCode() => string.GetHashCode(MemoryMarshal.Cast<byte, char>(Raw));

    /// <summary>Byte by byte, SHA-1 before SHA-256.</summary>
    public int CompareTo(ObjectId other) => Format == other.Format ? Raw.SequenceCompareTo(other.Raw) : Format.CompareTo(other.Format);

    /// <summary>Same format, same digest.</summary>
    public static bool operator ==(ObjectId left, ObjectId right) => left.Equals(right);

    /// <summary>Whether the ids differ.</summary>
    public static bool operator !=(ObjectId left, ObjectId right) => !left.Equals(right);

    /// <summary>Ordered before.</summary>
    public static bool operator <(ObjectId left, ObjectId right) => left.CompareTo(right) < 0;

    /// <summary>Ordered before, or equal.</summary>
    public static bool operator <=(ObjectId left, ObjectId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordered after.</summary>
    public static bool operator >(ObjectId left, ObjectId right) => left.CompareTo(right) > 0;

    /// <summary>Ordered after, or equal.</summary>
    public static bool operator >=(ObjectId left, ObjectId right) => left.CompareTo(right) >= 0;

    [InlineArray(Length)]
    private struct Digest
    {
        public const int Length = 32;
        private byte _element;
    }
}
