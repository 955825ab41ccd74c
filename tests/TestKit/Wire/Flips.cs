namespace Waystation.TestKit.Wire;

/// <summary>What a disk may make of the same bytes.</summary>
public static class Flips
{
    /// <summary>The bytes with each of their bits flipped alone, and which bit that is.</summary>
    public static IEnumerable<(int Bit, byte[] Bytes)> Of(byte[] bytes)
    {
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return (bit, flipped);
        }
    }
}
