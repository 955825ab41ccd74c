using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Vet;

/// <summary>The results of the last rounds of the vet, for the admin API and the metrics.</summary>
public sealed class VetReport(TimeProvider time, WorkMeters meters)
{
    private const int MaxRounds = 20;
    private const int MaxFailures = 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<VetRound> _rounds = [];
    private Action<RepositoryName>? _whenChecked;

    /// <summary>The last rounds, newest first.</summary>
    public IReadOnlyList<VetRound> Rounds
    {
        get
        {
            lock (_gate)
            {
                return [.. _rounds];
            }
        }
    }

    /// <summary>Begins a round; later results belong to it.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _rounds.AddFirst(new VetRound(time.GetUtcNow(), 0, 0, 0, 0, 0, 0, []));
            if (_rounds.Count > MaxRounds)
            {
                _rounds.RemoveLast();
            }
        }
    }

    /// <summary>Calls <paramref name="tell"/> for each mirror that was compared with the primary, and has what that has.</summary>
    public void WhenChecked(Action<RepositoryName> tell) => _whenChecked += tell;

    /// <summary>A mirror was compared with the primary.</summary>
    public void Checked(RepositoryName repository)
    {
        Note("checked", static round => round with { Checked = round.Checked + 1 });
        _whenChecked?.Invoke(repository);
    }

    /// <summary>A mirror differed from the primary and was brought up to date.</summary>
    public void Mended(RepositoryName repository) =>
        Note("mended", static round => round with { Drifted = round.Drifted + 1, Mended = round.Mended + 1 });

    /// <summary>A mirror could not be compared, or not be brought up to date.</summary>
    public void Failed(RepositoryName repository, string error) =>
        Note(
            "failed",
            round =>
                round with
                {
                    Failed = round.Failed + 1,
                    Failures = [.. round.Failures.Append($"{repository}: {error}").TakeLast(MaxFailures)],
                }
        );

    /// <summary>Files were read whole and compared with their checksums.</summary>
    public void Scrubbed(long bytes, int damaged)
    {
        Note("scrubbed", round => round with { ScrubbedBytes = round.ScrubbedBytes + bytes, Damaged = round.Damaged + damaged });
        for (int i = 0; i < damaged; i++)
        {
            meters.Vetted("damaged");
        }
    }

    private void Note(string result, Func<VetRound, VetRound> change)
    {
        meters.Vetted(result);
        lock (_gate)
        {
            if (_rounds.First is not { } first)
            {
                Begin();
                first = _rounds.First!;
            }

            first.Value = change(first.Value);
        }
    }
}

/// <summary>One round.</summary>
/// <param name="Begun">The time when it began.</param>
/// <param name="Checked">Mirrors that were compared with the primary.</param>
/// <param name="Drifted">Mirrors among them that differed.</param>
/// <param name="Mended">Mirrors among those that were brought up to date.</param>
/// <param name="Failed">Mirrors that could not be compared or mended.</param>
/// <param name="ScrubbedBytes">Bytes read from disk and compared with their checksums.</param>
/// <param name="Damaged">Files that differed from their checksums.</param>
/// <param name="Failures">The last failures.</param>
public sealed record VetRound(
    DateTimeOffset Begun,
    int Checked,
    int Drifted,
    int Mended,
    int Failed,
    long ScrubbedBytes,
    int Damaged,
    IReadOnlyList<string> Failures
);
