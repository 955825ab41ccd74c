namespace Waystation.Proxy.Doctor.Reporting;

/// <summary>The lines of one check. Each line passes <see cref="Redaction"/>, so no check can print a secret by mistake.</summary>
internal sealed class FindingList(Check check)
{
    private readonly Lock _gate = new();
    private readonly List<Finding> _all = [];

    /// <summary>The lines so far. A check that is late may still write, so this is a copy.</summary>
    public IReadOnlyList<Finding> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    public void Ok(string seen) => Add(FindingState.Ok, seen, null);

    public void Warn(string seen, string remedy) => Add(FindingState.Warning, seen, remedy);

    public void Fail(string seen, string remedy) => Add(FindingState.Fail, seen, remedy);

    public void Skip(string why, string? remedy = null) => Add(FindingState.Skipped, why, remedy);

    private void Add(FindingState state, string seen, string? remedy)
    {
        var line = new Finding(check.Name, check.Subject, state, Redaction.Of(seen), remedy is null ? null : Redaction.Of(remedy));
        lock (_gate)
        {
            _all.Add(line);
        }
    }
}
