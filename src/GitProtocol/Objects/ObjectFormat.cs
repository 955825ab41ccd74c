using System.Buffers;

namespace Waystation.GitProtocol.Objects;

/// <summary>The hash function that names a repository's objects.</summary>
public enum ObjectFormat
{
    /// <summary>SHA-1, 20 bytes; the default where no format is named.</summary>
    Sha1,

    /// <summary>SHA-256, 32 bytes.</summary>
    Sha256,
}

/// <summary>The properties of an <see cref="ObjectFormat"/>.</summary>
public static class ObjectFormats
{
    extension(ObjectFormat format)
    {
        /// <summary>The bytes of a digest.</summary>
        public int DigestLength => format == ObjectFormat.Sha1 ? 20 : 32;

        /// <summary>The hexadecimal digits of a digest.</summary>
        public int HexLength => format.DigestLength * 2;

        /// <summary>The name on the wire and in git's configuration.</summary>
        public string Name => format == ObjectFormat.Sha1 ? "sha1" : "sha256";
    }

    /// <summary>Parses the name of a format; false if it is neither of the two.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out ObjectFormat format)
    {
        bool sha256 = name.SequenceEqual("sha256"u8);
        format = sha256 ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
        return sha256 || name.SequenceEqual("sha1"u8);
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out ObjectFormat)"/>
    public static bool TryParse(string? name, out ObjectFormat format)
    {
        bool sha256 = string.Equals(name, "sha256", StringComparison.Ordinal);
        format = sha256 ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
        return sha256 || string.Equals(name, "sha1", StringComparison.Ordinal);
    }

    internal static ObjectFormat Parse(in ReadOnlySequence<byte> name)
    {
        Span<byte> copy = stackalloc byte[8];
        if (name.Length > copy.Length)
        {
            Throw();
        }

        name.CopyTo(copy);
        if (!TryParse(copy[..(int)name.Length], out ObjectFormat format))
        {
            Throw();
        }

        return format;

        static void Throw() => GitProtocolException.Throw(ProtocolError.BadObjectFormat, "An object format other than sha1 and sha256.");
    }
}
