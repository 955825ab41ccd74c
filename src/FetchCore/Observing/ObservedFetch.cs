using System.Diagnostics;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// A fetch under way, for its record. The front end reports the request, the bytes sent and the end; the core reports how it is served
/// and measures its phases. A later report replaces an earlier one, but bytes add up. Disposal makes the record. Until then operators see
/// it among <see cref="LiveFetches"/>, from a thread of their own, so a lock guards it.
/// </summary>
public sealed class ObservedFetch : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FetchObserver _observer;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private readonly DateTimeOffset _started;
    private readonly CancellationToken _client;
    private readonly PhaseTimer _access;
    private readonly PhaseTimer _turn;
    private TimeSpan? _parse;
    private TimeSpan? _firstByte;
    private AskedFetch? _asked;
    private AskedLfs? _lfs;
    private int? _version;
    private FetchOutcome? _outcome;
    private ForwardReason? _reason;
    private MissReason? _miss;
    private SnapshotRefusal? _refusal;
    private bool _isKept;
    private string? _peer;
    private TimeSpan? _refsAge;
    private FetchEnd? _end;
    private string? _trouble;
    private long _bytes;
    private bool _isRecorded;

    internal ObservedFetch(FetchObserver observer, TimeProvider time, long begun, CancellationToken client)
    {
        (_observer, _time, _begun, _client) = (observer, time, begun, client);
        _started = time.GetUtcNow() - time.GetElapsedTime(begun);
        (_access, _turn) = (new PhaseTimer(time), new PhaseTimer(time));
    }

    /// <summary>Its span; null if nobody traces it. The observer ends it.</summary>
    internal Activity? Span { get; } = Spans.Begin("fetch");

    /// <summary>The name of its front end.</summary>
    public required string Door { get; init; }

    /// <summary>The repository.</summary>
    public required RepositoryName Repository { get; init; }

    /// <summary>The credential that asks.</summary>
    public required Credential Credential { get; init; }

    /// <summary>The address of the client; null if the front end does not know it.</summary>
    public string? Address { get; init; }

    /// <summary>The node that asks; null for a client.</summary>
    public string? From { get; init; }

    /// <summary>Its number among the fetches under way, in the order of their beginnings; 0 until its request has been read.</summary>
    public long Id { get; private set; }

    /// <summary>The request has been read: the phase of parsing is over.</summary>
    /// <param name="version">The protocol version; null if the request does not say it clearly.</param>
    /// <param name="request">The request; null if it was not understood.</param>
    public void Asked(int? version, FetchRequest? request)
    {
        lock (_gate)
        {
            _parse ??= _time.GetElapsedTime(_begun);
            _version = version;
            _asked = request is null ? null : AskedFetch.Of(request);
        }

        Show();
    }

    /// <summary>It is the download of an LFS object.</summary>
    public void AskedLfs(AskedLfs asked)
    {
        lock (_gate)
        {
            _parse ??= _time.GetElapsedTime(_begun);
            _lfs = asked;
        }

        Show();
    }

    /// <summary>It is a request for a snapshot of the mirror.</summary>
    public void AskedSnapshot()
    {
        lock (_gate)
        {
            _parse ??= _time.GetElapsedTime(_begun);
            _asked = AskedFetch.Snapshot;
        }

        Show();
    }

    /// <summary>A phase lasts until the scope is disposed.</summary>
    public PhaseScope Measure(FetchPhase phase) =>
        phase switch
        {
            FetchPhase.Access => new(_access, "access"),
            FetchPhase.Turn => new(_turn, "turn"),
            _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "reports of the front end measure it"),
        };

    /// <summary>The node has a response.</summary>
    /// <param name="outcome">How it is served.</param>
    /// <param name="isKept">The node keeps the pack, or means to.</param>
    /// <param name="refsAge">In an outage: the age of the refs that it relies on.</param>
    public void Served(FetchOutcome outcome, bool isKept, TimeSpan? refsAge)
    {
        lock (_gate)
        {
            (_outcome, _reason, _isKept, _refsAge) = (outcome, null, isKept, refsAge);
        }
    }

    /// <summary>The node could not make the pack from its mirror.</summary>
    /// <param name="reason">The reason.</param>
    public void Missed(MissReason reason)
    {
        lock (_gate)
        {
            _miss = reason;
        }
    }

    /// <summary>Another node of the farm answers.</summary>
    /// <param name="peer">Its name.</param>
    public void ServedByPeer(string peer)
    {
        lock (_gate)
        {
            _peer = peer;
        }
    }

    /// <summary>The request is forwarded to the primary unchanged.</summary>
    public void Bypassed(ForwardReason reason)
    {
        lock (_gate)
        {
            (_outcome, _reason, _isKept, _refsAge) = (FetchOutcome.Bypass, reason, false, null);
        }
    }

    /// <summary>The request is refused by the node itself.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="trouble">The message to the client.</param>
    public void TurnedAway(ForwardReason reason, string trouble)
    {
        lock (_gate)
        {
            (_outcome, _reason) = (null, reason);
        }

        Ended(FetchEnd.ErrorTold, trouble);
    }

    /// <summary>The node gives no snapshot.</summary>
    /// <param name="refusal">The reason.</param>
    public void Declined(SnapshotRefusal refusal)
    {
        lock (_gate)
        {
            _refusal = refusal;
        }

        Ended(FetchEnd.Refused);
    }

    /// <summary>Bytes were written to the client; they are added to earlier ones.</summary>
    /// <param name="bytes">The number of bytes.</param>
    public void Sent(long bytes)
    {
        if (bytes <= 0)
        {
            return;
        }

        lock (_gate)
        {
            _firstByte ??= _time.GetElapsedTime(_begun);
            _bytes += bytes;
        }
    }

    /// <summary>Whether its end was reported.</summary>
    public bool HasEnded => _end is not null;

    /// <summary>It has ended.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="trouble">The failure; null if there was none.</param>
    public void Ended(FetchEnd end, string? trouble = null)
    {
        lock (_gate)
        {
            (_end, _trouble) = (end, trouble);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!_isRecorded)
        {
            _isRecorded = true;
            _observer.Record(this);
        }
    }

    /// <summary>The fetch as it is now.</summary>
    internal LiveFetch ToLive()
    {
        lock (_gate)
        {
            (FetchPhase phase, FetchTimes times) = (Phase(), Times());
            return new LiveFetch
            {
                Id = Id,
                Started = _started,
                Door = Door,
                Repository = Repository,
                Credential = Credential.ToString(),
                Address = Address,
                From = From,
                ProtocolVersion = _version,
                Asked = _asked,
                Lfs = _lfs,
                Outcome = _outcome,
                Reason = _reason,
                Miss = MissOf(_outcome),
                Peer = PeerOf(_outcome),
                Phase = phase,
                PhaseTime = phase switch
                {
                    FetchPhase.Access => times.Access,
                    FetchPhase.Turn => times.Turn,
                    FetchPhase.FirstByte => times.FirstByte,
                    _ => times.Send,
                },
                Total = times.Total,
                Bytes = _bytes,
            };
        }
    }

    /// <summary>The fetch that has ended.</summary>
    /// <param name="number">Its number among those that have ended.</param>
    internal FetchRecord ToRecord(long number)
    {
        lock (_gate)
        {
            return new FetchRecord
            {
                Number = number,
                Started = _started,
                Door = Door,
                Repository = Repository,
                Credential = Credential.ToString(),
                Address = Address,
                ProtocolVersion = _version,
                Asked = _asked,
                Lfs = _lfs,
                Outcome = _outcome,
                Reason = _reason,
                Miss = MissOf(_outcome),
                Refusal = _refusal,
                IsKept = _isKept,
                Peer = PeerOf(_outcome),
                From = From,
                RefsAge = _refsAge,
                // Without a report an exception ended the work: because the client left, or because of a failure.
                End = _end ?? (_client.IsCancellationRequested ? FetchEnd.ClientGone : FetchEnd.Broken),
                Trouble = _trouble,
                Bytes = _bytes,
                Times = Times(),
            };
        }
    }

    private void Show()
    {
        if (Id == 0)
        {
            Id = _observer.Live.NextId();
            _observer.Live.Begin(this);
        }
    }

    private string? PeerOf(FetchOutcome? outcome) => outcome is FetchOutcome.Peer ? _peer : null;

    private MissReason? MissOf(FetchOutcome? outcome) => outcome is FetchOutcome.Forward or FetchOutcome.Peer ? _miss : null;

    private FetchPhase Phase() =>
        _firstByte is not null ? FetchPhase.Send
        : _turn.IsOpen ? FetchPhase.Turn
        : _access.IsOpen ? FetchPhase.Access
        : FetchPhase.FirstByte;

    private FetchTimes Times()
    {
        TimeSpan total = _time.GetElapsedTime(_begun),
            parse = _parse ?? total,
            access = _access.Elapsed,
            turn = _turn.Elapsed,
            begun = _firstByte ?? total,
            first = begun - parse - access - turn;
        return new FetchTimes(parse, access, turn, first > TimeSpan.Zero ? first : TimeSpan.Zero, total - begun, total);
    }
}
