using System.Globalization;

namespace Waystation.Proxy.Doctor.Reporting;

/// <summary>Runs checks, all at once as far as their needs allow, each within its own time and all within one.</summary>
/// <param name="limit">The time for all of them.</param>
internal sealed class Examination(TimeSpan limit)
{
    private readonly Dictionary<Check, Task<Outcome>> _running = [];

    /// <summary>All lines, in the order of the checks.</summary>
    /// <param name="checks">The checks; each comes behind those that it needs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<Finding>> RunAsync(IReadOnlyList<Check> checks, CancellationToken cancellationToken)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        all.CancelAfter(limit);
        foreach (Check check in checks)
        {
            _running[check] = RunAsync(check, all.Token);
        }

        Outcome[] outcomes = await Task.WhenAll(checks.Select(check => _running[check]));
        cancellationToken.ThrowIfCancellationRequested();
        return [.. outcomes.SelectMany(static outcome => outcome.Findings)];
    }

    private async Task<Outcome> RunAsync(Check check, CancellationToken cancellationToken)
    {
        var findings = new FindingList(check);
        foreach (Check need in check.Needs)
        {
            if ((await _running[need]).IsBad)
            {
                findings.Skip($"not looked at, because {need.Name} is not in order");
                return new Outcome(findings.All, IsBad: true);
            }
        }

        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(check.Limit);
        try
        {
            // A name server that does not answer cannot be cancelled on every system; the doctor goes on without it.
            await Task.Run(() => check.ExamineAsync(findings, late.Token), CancellationToken.None).WaitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            findings.Fail(
                string.Create(CultureInfo.InvariantCulture, $"nothing came within {check.Limit.TotalSeconds:0.#} s"),
                "look for a firewall that drops packets, or for a server or disk that hangs"
            );
        }
        catch (Exception e)
        {
            findings.Fail(e.GetBaseException().Message, "mend this first; the check could not end");
        }

        IReadOnlyList<Finding> seen = findings.All;
        return new Outcome(seen, seen.Any(static line => line.State == FindingState.Fail));
    }

    /// <param name="Findings">The lines of a check.</param>
    /// <param name="IsBad">Whether checks that need it have nothing to look at.</param>
    private sealed record Outcome(IReadOnlyList<Finding> Findings, bool IsBad);
}
