using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Waystation.EndToEnd.Tests.Farm.Histories;

/// <summary>
/// All that clients did and saw while things failed, and the check of it. A read must show for each ref a value that the primary had
/// between the read's begin and its end. A client may fail only if its own node died, or where it would have failed directly too.
/// </summary>
public sealed partial class FarmHistory
{
    private readonly ConcurrentQueue<RecordedWrite> _writes = new();
    private readonly ConcurrentQueue<RecordedRead> _reads = new();
    private readonly ConcurrentQueue<RecordedFailure> _failures = new();
    private readonly ConcurrentQueue<RecordedDeath> _deaths = new();

    public IReadOnlyCollection<RecordedWrite> Writes => _writes;

    public IReadOnlyCollection<RecordedRead> Reads => _reads;

    public IReadOnlyCollection<RecordedFailure> Failures => _failures;

    public IReadOnlyCollection<RecordedDeath> Deaths => _deaths;

    public void Add(RecordedWrite write) => _writes.Enqueue(write);

    public void Add(RecordedRead read) => _reads.Enqueue(read);

    public void Add(RecordedFailure failure) => _failures.Enqueue(failure);

    public void Add(RecordedDeath death) => _deaths.Enqueue(death);

    /// <summary>One sentence for each thing that may not be.</summary>
    public IReadOnlyList<string> Violations()
    {
        ILookup<(string, string), RecordedWrite> writes = _writes
            .OrderBy(static write => write.Begun)
            .ToLookup(static write => (write.Repository, write.Ref));
        ILookup<string, string> refs = writes.Select(static group => group.Key).ToLookup(static key => key.Item1, static key => key.Item2);
        return
        [
            .. _reads
                .SelectMany(read =>
                    refs[read.Repository]
                        .Union(read.Refs.Keys)
                        .Select(name => ViolationOf(read, name, [.. writes[(read.Repository, name)]]))
                )
                .Concat(_failures.Select(ViolationOf))
                .OfType<string>(),
        ];
    }

    private static string? ViolationOf(RecordedRead read, string name, IReadOnlyList<RecordedWrite> writes)
    {
        int sure = writes.Index().LastOrDefault(write => write.Item.IsAcknowledged && write.Item.Ended < read.Begun, (-1, null!)).Index;
        string where = $"{read.Reader} ({read.Begun} to {read.Ended}): {read.Repository} {name}";
        if (!read.Refs.TryGetValue(name, out string? tip))
        {
            return sure < 0 ? null : $"{where} is missing, though {writes[sure]} was acknowledged before";
        }

        int at = writes.Index().LastOrDefault(write => write.Item.Tip == tip, (-1, null!)).Index;
        return at < 0 ? $"{where} is {tip}, which nobody wrote"
            : at < sure ? $"{where} is stale: {writes[at]}, though {writes[sure]} was acknowledged before"
            : writes[at].Begun > read.Ended ? $"{where} is {writes[at]}, which had not begun"
            : null;
    }

    private string? ViolationOf(RecordedFailure failure) =>
        HadItsNodeDie(failure) || HasMetARewrite(failure)
            ? null
            : $"{failure.Client} ({failure.Begun} to {failure.Ended}) failed, though its node was not killed: {failure.Said}";

    private bool HadItsNodeDie(RecordedFailure failure) =>
        _deaths.Any(death =>
            death.Begun <= failure.Ended
            && (failure.Node is { } node ? death.Node == node && death.Ready >= failure.Begun : death.Dead >= failure.Begun)
        );

    /// <summary>
    /// Whether a ref was moved by force between its listing and the client's request for it. Over HTTP the listing is another request, and
    /// git's servers give a client of the versions 0 and 1 only what their refs reach at the second one.
    /// </summary>
    private bool HasMetARewrite(RecordedFailure failure)
    {
        if (
            failure.ProtocolVersion >= 2
            || NotOurRef().Match(failure.Said) is not { Success: true } match
            || _writes.FirstOrDefault(write => write.Tip == match.Groups["id"].Value) is not { } shown
        )
        {
            return false;
        }

        RecordedWrite[] later =
        [
            .. _writes.Where(write => (write.Repository, write.Ref) == (shown.Repository, shown.Ref) && write.Begun > shown.Begun),
        ];
        bool wasStale = later.Any(write => write.IsAcknowledged && write.Ended < failure.Begun);
        return !wasStale && later.Any(write => write.Begun <= failure.Ended);
    }

    [GeneratedRegex("upload-pack: not our ref (?<id>[0-9a-f]{40})$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NotOurRef();
}
