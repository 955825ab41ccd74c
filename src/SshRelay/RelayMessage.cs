using System.Buffers.Binary;

namespace Waystation.SshRelay;

/// <summary>The messages between relay and node.</summary>
internal enum RelayMessageKind : byte
{
    /// <summary>Relay: may this key log in? Fields: key type, key in base64.</summary>
    Key = 1,

    /// <summary>From the node: the line for sshd. Fields: the line; empty if the key is refused.</summary>
    Line = 2,

    /// <summary>
    /// Relay: a client runs a command; its standard input, output and error come along as descriptors. Fields: key type, key in
    /// base64, the command, <c>GIT_PROTOCOL</c>, the path of the agent's socket, the client's address,
    /// <c>WAYSTATION_VIA</c>; the last five perhaps empty.
    /// </summary>
    Session = 3,

    /// <summary>Node: the command has ended. Fields: its exit code in decimal.</summary>
    Exit = 4,
}

/// <summary>
/// One message between the relay and the node, shared by both as a source file:
/// <code>
///   [length: 4, little-endian][kind: 1] ([length: 4][bytes])…      the first length counts everything behind itself
/// </code>
/// Fields are bytes: an environment is, too.
/// </summary>
internal sealed class RelayMessage(RelayMessageKind kind, params byte[][] fields)
{
    /// <summary>The longest message; the kernel gives one argument or variable no more than 128 KiB.</summary>
    public const int MaxLength = 1 << 20;

    private const int Prefix = sizeof(int);

    public RelayMessageKind Kind => kind;

    public int Count => fields.Length;

    public ReadOnlySpan<byte> this[int index] => fields[index];

    /// <summary>Takes one message off the front of the bytes; false while it is not whole.</summary>
    /// <exception cref="InvalidDataException">These bytes are no message.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RelayMessage? message)
    {
        message = null;
        if (bytes.Length < Prefix)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is < 1 or > MaxLength)
        {
            throw new InvalidDataException("the message has an impossible length");
        }

        if (bytes.Length < Prefix + length)
        {
            return false;
        }

        message = Parse(bytes.Slice(Prefix, length));
        return true;
    }

    public byte[] ToBytes()
    {
        int length = 1;
        foreach (byte[] field in fields)
        {
            length += Prefix + field.Length;
        }

        byte[] bytes = new byte[Prefix + length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        bytes[Prefix] = (byte)kind;
        Span<byte> rest = bytes.AsSpan(Prefix + 1);
        foreach (byte[] field in fields)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, field.Length);
            field.CopyTo(rest[Prefix..]);
            rest = rest[(Prefix + field.Length)..];
        }

        return bytes;
    }

    private static RelayMessage Parse(ReadOnlySpan<byte> body)
    {
        var fields = new List<byte[]>();
        ReadOnlySpan<byte> rest = body[1..];
        while (!rest.IsEmpty)
        {
            int length = rest.Length < Prefix ? -1 : BinaryPrimitives.ReadInt32LittleEndian(rest);
            if (length < 0 || length > rest.Length - Prefix)
            {
                throw new InvalidDataException("a field of the message is longer than the message");
            }

            fields.Add(rest.Slice(Prefix, length).ToArray());
            rest = rest[(Prefix + length)..];
        }

        return new RelayMessage((RelayMessageKind)body[0], [.. fields]);
    }
}
