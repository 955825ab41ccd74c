namespace Waystation.Fuzz.Tests;

/// <summary>Changes bytes at random: flips, replaces, removes and repeats some, or takes a piece of another input.</summary>
internal sealed class Mutation(int seed)
{
    private readonly Random _random = new(seed);

    public byte[] Of(IReadOnlyList<byte[]> inputs)
    {
        List<byte> bytes = [.. inputs[_random.Next(inputs.Count)]];
        for (int times = _random.Next(1, 6); times > 0; times--)
        {
            int at = _random.Next(bytes.Count + 1);
            int length = Math.Min(_random.Next(1, 64), bytes.Count - at);
            switch (_random.Next(6))
            {
                case 0 when length > 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1 when length > 0:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    byte[] other = inputs[_random.Next(inputs.Count)];
                    int from = _random.Next(other.Length + 1);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + 64)]);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
