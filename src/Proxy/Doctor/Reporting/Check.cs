namespace Waystation.Proxy.Doctor.Reporting;

/// <summary>One thing that the doctor looks at.</summary>
/// <param name="name">Its name in every line, such as <c>tls</c>.</param>
/// <param name="subject">The server, address or folder that it looks at; empty for the node itself.</param>
/// <param name="needs">The checks that end before it begins. If one of them fails, this one is skipped.</param>
internal abstract class Check(string name, string subject, params IReadOnlyList<Check> needs)
{
    private static readonly TimeSpan s_usualLimit = TimeSpan.FromSeconds(5);

    public string Name { get; } = name;

    public string Subject { get; } = subject;

    public IReadOnlyList<Check> Needs { get; } = needs;

    /// <summary>The time after which it counts as failed.</summary>
    public virtual TimeSpan Limit => s_usualLimit;

    /// <summary>Looks, and writes at least one line.</summary>
    /// <param name="findings">Takes the lines.</param>
    /// <param name="cancellationToken">Ends the look when its time is over.</param>
    public abstract Task ExamineAsync(FindingList findings, CancellationToken cancellationToken);
}
