namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>
/// A node waits for Redis for 50 ms at most and for another node for 2 s, and then asks the primary: more work, nothing wrong. On a
/// machine with much else to do, that happens now and then, so a count of questions is right if one try in a few has it.
/// </summary>
internal static class Unhurried
{
    /// <summary>So many tries at most.</summary>
    public const int Tries = 6;

    /// <summary>Compares what a try asked with what it should ask; each try begins with something new.</summary>
    public static async Task AssertAsync(Func<int, Task<(string Expected, string Actual)>> run)
    {
        List<string> others = [];
        for (int number = 0; number < Tries; number++)
        {
            (string expected, string actual) = await run(number);
            if (expected == actual)
            {
                return;
            }

            others.Add($"{actual} for {expected}");
        }

        Assert.Fail($"asked in {Tries} tries: {string.Join("; ", others)}");
    }
}
