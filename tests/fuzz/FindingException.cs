namespace Waystation.Fuzz;

/// <summary>Two ways to read the same bytes differ, or what was read is not what is written and read again.</summary>
public sealed class FindingException(string message) : Exception(message)
{
    /// <summary>Demands that two outcomes are equal.</summary>
    public static void IfDifferent<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new FindingException($"{what}: {expected} is not {actual}");
        }
    }

    /// <summary>Demands that a reader uses no more memory than its input justifies.</summary>
    public static void IfGreedy(long allocated, int length, long standing = 300_000, long each = 64)
    {
        if (allocated > standing + (each * length))
        {
            throw new FindingException($"{allocated} bytes were allocated for {length}");
        }
    }
}
