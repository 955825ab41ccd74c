using System.Diagnostics;

namespace Waystation.TestKit.Servers;

/// <summary>Waits for a condition, and fails with a sentence if it does not come true.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(20);

    public static Task TrueAsync(string what, Func<bool> condition, TimeSpan? within = null) =>
        TrueAsync(what, () => Task.FromResult(condition()), within);

    public static async Task TrueAsync(string what, Func<Task<bool>> condition, TimeSpan? within = null)
    {
        TimeSpan limit = within ?? TimeSpan.FromSeconds(30);
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > limit)
            {
                throw new TimeoutException($"not within {limit.TotalSeconds} s: {what}");
            }

            await Task.Delay(s_between);
        }
    }
}
