namespace Waystation.GitProtocol.PktLines;

/// <summary>Hexadecimal digits of the wire, either case; a negative result means that one is not a digit.</summary>
internal static class Hex
{
    private static ReadOnlySpan<sbyte> Values =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1,
        -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, 10, 11, 12, 13, 14, 15,
    ];

    private static ReadOnlySpan<byte> Digits => "0123456789abcdef"u8;

    /// <summary>Two digits as a byte, or a negative number.</summary>
    public static int Pair(byte high, byte low) => Digit(high) << 4 | Digit(low);

    /// <summary>One byte as two lower-case digits.</summary>
    public static void Write(Span<byte> destination, byte value)
    {
        destination[1] = Digits[value & 15];
        destination[0] = Digits[value >> 4];
    }

    private static int Digit(byte digit) => digit < Values.Length ? Values[digit] : -1;
}
