using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs.Filling;

/// <summary>Follows one <see cref="Fill"/> from its first byte, at its own speed. Attached from the moment of joining.</summary>
public sealed class FillReader : PackReader
{
    /// <summary>The source has been silent for longer than this reader waits.</summary>
    internal static readonly FillOutcome Silent = new FillOutcome.Broken("the source is silent");

    private readonly Fill _fill;
    private readonly Follower _follower;
    private readonly bool _isStarter;
    private readonly TimeSpan _patience;
    private int _progressSeen;
    private int _isDisposed;

    internal FillReader(Fill fill, Follower follower, bool isStarter, bool joinedWhole, int progressSeen, TimeSpan patience)
    {
        _fill = fill;
        _follower = follower;
        _isStarter = isStarter;
        _patience = patience;
        JoinedWhole = joinedWhole;
        _progressSeen = progressSeen;
    }

    /// <summary>Whether the pack was already whole when this reader joined: as good as a hit.</summary>
    public bool JoinedWhole { get; }

    /// <summary>The source of the response, once it has begun.</summary>
    public FillSource Source => _fill.Source;

    /// <summary>Whether the pack is made ahead, so for no other client.</summary>
    public bool IsMadeAhead => _fill.Plan.IsAhead;

    /// <inheritdoc />
    public override FetchPrologue Prologue =>
        _fill.Prologue ?? throw new InvalidOperationException("the response has not begun: await BeginAsync first");

    /// <inheritdoc />
    public override DateTimeOffset MadeAt => _fill.MadeAt;

    /// <inheritdoc />
    public override long? PackLength => _fill.File.Length;

    /// <summary>
    /// Waits until the sections before the packfile are known, and returns null. If the fill ends before, it returns the outcome: the
    /// client has got no byte, and the caller must dispose the reply of a <see cref="FillOutcome.NoPack"/>.
    /// </summary>
    public async Task<FillOutcome?> BeginAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = _fill.File.Changed;
            if (_fill.TryLookAtStart(_isStarter, out FillOutcome? ending))
            {
                return ending;
            }

            if (!await _fill.WaitAsync(changed, _patience, cancellationToken))
            {
                return Silent;
            }
        }
    }

    /// <summary>
    /// Waits, after <see cref="BeginAsync"/>, until there is something for the client, and returns null. Progress does not count if no
    /// reader gets a byte before the pack is whole. If the fill ends before, it returns the outcome: the client has got no byte.
    /// </summary>
    /// <param name="most">Returns null after this time as well.</param>
    /// <param name="time">The clock of that time.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FillOutcome?> LookAheadAsync(TimeSpan most, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(most, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return (await NextStepAsync(isPeek: true, _patience, either.Token)).Ending;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Waits until the response is whole, without reading it; false if it never will be.</summary>
    public Task<bool> EndAsync(CancellationToken cancellationToken) => _fill.WaitForEndAsync(cancellationToken);

    /// <summary>No client will ask for the response again: the fill ends with its last reader, unless it is whole.</summary>
    public void EndWithLastReader() => _fill.EndWithLastReader();

    /// <summary>Waits for the next step, or for the fill's end without a whole pack.</summary>
    public async ValueTask<FillStep> StepAsync(CancellationToken cancellationToken) =>
        // A reader that has read bytes of this fill cannot go on with another.
        TryStep() ?? await NextStepAsync(isPeek: false, _follower.Position == 0 ? _patience : Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc />
    public override async ValueTask<PackStep> NextAsync(CancellationToken cancellationToken)
    {
        FillStep next = await StepAsync(cancellationToken);
        return next.Ending is { } ending ? throw ending.ToException() : next.Step;
    }

    /// <inheritdoc />
    public override ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            _follower.Read(destination.Span);
        }
        catch (IOException e)
        {
            _fill.MarkDamaged();
            throw new PackDamagedException("the file of an unfinished pack cannot be read", e);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override void Verify()
    {
        if (!_follower.TryVerify(out int block))
        {
            _fill.MarkDamaged();
            throw new PackDamagedException($"block {block} of an unfinished pack differs from its checksum");
        }
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _isDisposed, 1) == 0 ? _fill.DetachAsync(_follower, _isStarter) : ValueTask.CompletedTask;

    private FillStep? TryStep() => _fill.Look(_follower, _isStarter, ref _progressSeen);

    /// <summary>
    /// As <see cref="TryStep"/>, but progress stays unseen, and does not count if readers get nothing before the pack is whole.
    /// </summary>
    private FillStep? TryPeek()
    {
        int seen = _fill.HoldsUntilWhole ? int.MaxValue : _progressSeen;
        return _fill.Look(_follower, _isStarter, ref seen);
    }

    private async ValueTask<FillStep> NextStepAsync(bool isPeek, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = _fill.File.Changed;
            if ((isPeek ? TryPeek() : TryStep()) is { } step)
            {
                return step;
            }

            if (!await _fill.WaitAsync(changed, patience, cancellationToken))
            {
                return new FillStep(Silent);
            }
        }
    }
}
