using System.Collections.Immutable;

namespace Waystation.Farm.Nodes;

/// <summary>
/// The decisions of operators that this node knows. They last: each node keeps them in its data folder too, and writes to Redis those that
/// are missing there, as after a Redis was emptied. A Redis with older ones, or an attacker, brings none back.
/// </summary>
internal sealed class Verdicts(FarmFolder folder)
{
    private ImmutableDictionary<string, Verdict> _all = folder
        .ReadVerdicts()
        .GroupBy(static one => one.Name, StringComparer.Ordinal)
        .ToImmutableDictionary(
            static one => one.Key,
            static one => one.MaxBy(static verdict => verdict.Generation)!,
            StringComparer.Ordinal
        );

    public IEnumerable<Verdict> All => _all.Values;

    public Verdict? Of(string name) => _all.GetValueOrDefault(name);

    /// <summary>The decision that follows the last one on this node.</summary>
    public Verdict Next(string name, bool isApproved) => new(name, isApproved, (Of(name)?.Generation ?? 0) + 1);

    /// <summary>Takes those that are newer, and returns those that the others do not have.</summary>
    public IReadOnlyList<Verdict> Merge(IReadOnlyList<Verdict> others)
    {
        ImmutableDictionary<string, Verdict> all = _all;
        foreach (Verdict other in others)
        {
            if (!all.TryGetValue(other.Name, out Verdict? own) || own.Generation < other.Generation)
            {
                all = all.SetItem(other.Name, other);
            }
        }

        if (all != _all)
        {
            _all = all;
            folder.WriteVerdicts([.. all.Values]);
        }

        return [.. all.Values.Where(own => !others.Any(other => other.Name == own.Name && other.Generation >= own.Generation))];
    }
}
