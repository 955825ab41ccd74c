namespace Waystation.GitProtocol;

/// <summary>One value per way in which a peer's bytes can be malformed.</summary>
public enum ProtocolError
{
    /// <summary>The four bytes of a pkt-len are not hexadecimal digits, or say 0003.</summary>
    BadPktLength,

    /// <summary>A pkt-len is over 65,520, the most that the protocol allows.</summary>
    PktLineTooLong,

    /// <summary>A flush-pkt, delim-pkt, response-end-pkt or data-pkt in the place of another kind.</summary>
    UnexpectedPacket,

    /// <summary>The bytes end within a message.</summary>
    Truncated,

    /// <summary>Bytes follow a message that must be the only one.</summary>
    TrailingBytes,

    /// <summary>A line is not one that this place of the conversation can have.</summary>
    UnexpectedLine,

    /// <summary>An object id has the wrong length or a digit that is not hexadecimal.</summary>
    BadObjectId,

    /// <summary>A depth or a time is not a plain decimal number in its range.</summary>
    BadNumber,

    /// <summary>An object format is unknown, or two that must agree differ.</summary>
    BadObjectFormat,

    /// <summary>A request names no command.</summary>
    NoCommand,

    /// <summary>Something that may come only once came twice.</summary>
    Duplicate,

    /// <summary>Two arguments exclude each other, or one lacks the capability that it needs.</summary>
    Conflict,

    /// <summary>A section of a response in a wrong place.</summary>
    UnexpectedSection,

    /// <summary>A sideband packet has a band other than 1, 2 or 3.</summary>
    BadBand,

    /// <summary>More object ids than the reader takes.</summary>
    TooMany,

    /// <summary>A message is longer than the reader takes.</summary>
    TooLong,
}
