using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Vet;

/// <summary>What the last rounds of the vet found, for the admin API and the metrics.</summary>
public sealed class VetReport(TimeProvider time, WorkMeters meters)
{
    private const int MaxRounds = 20;
    private const int MaxFailures = 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<VetRound> _rounds = [];

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

    /// <summary>A round begins; what is found from now on is its.</summary>
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

    /// <summary>A mirror was compared with the primary.</summary>
    public void Checked(RepositoryName repository) => Note("checked", static round => round with { Checked = round.Checked + 1 });

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
/// <param name="Begun">When it began.</param>
/// <param name="Checked">Mirrors compared with the primary.</param>
/// <param name="Drifted">Of them, those that differed.</param>
/// <param name="Mended">Of those, the ones brought up to date.</param>
/// <param name="Failed">Mirrors that could not be compared or mended.</param>
/// <param name="ScrubbedBytes">Bytes read from disk and compared with their checksums.</param>
/// <param name="Damaged">Files that did not agree with theirs.</param>
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
