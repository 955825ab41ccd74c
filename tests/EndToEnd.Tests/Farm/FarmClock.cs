using System.Diagnostics;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>Milliseconds since the test began, for all that it records.</summary>
public sealed class FarmClock
{
    private readonly long _begun = Stopwatch.GetTimestamp();

    public long Now => (long)Stopwatch.GetElapsedTime(_begun).TotalMilliseconds;
}
