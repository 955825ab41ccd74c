using System.Collections.Concurrent;

namespace Waystation.Proxy.Hooks;

/// <summary>When the last webhook of each forge and result came. An operator sees by it whether webhooks arrive.</summary>
internal sealed class HookTimes(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Forge, string Result), DateTimeOffset> _last = new();

    /// <summary>A webhook came. Forges and results are few and fixed in the code.</summary>
    public void Seen(string forge, string result) => _last[(forge, result)] = time.GetUtcNow();

    /// <summary>The last ones since the start.</summary>
    public IReadOnlyList<HookSight> All() =>
        [.. _last.Select(static one => new HookSight(one.Key.Forge, one.Key.Result, one.Value)).OrderBy(static one => one.At)];
}

/// <summary>The last webhook of a forge that ended so.</summary>
/// <param name="Forge">The forge, as in the path.</param>
/// <param name="Result">How it ended, as in <c>waystation_hooks_total</c>.</param>
/// <param name="At">When it came.</param>
internal sealed record HookSight(string Forge, string Result, DateTimeOffset At);
