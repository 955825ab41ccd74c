using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Follows the fill of another request. If that fill ends, or may not be read any more, before the client has got a byte of the pack,
/// another fill with the same boundary takes its place. So a failure of the other's credential, or a hang in its name, ends no other
/// response.
/// </summary>
/// <param name="first">The fill, which has begun.</param>
/// <param name="again">Finds another pack; null if there is none.</param>
internal sealed class FollowingReader(FillReader first, Func<FillOutcome, CancellationToken, Task<PackReader?>> again) : PackReader
{
    private PackReader _reader = first;
    private bool _hasBegun;

    public override FetchPrologue Prologue { get; } = first.Prologue;

    public override DateTimeOffset MadeAt => _reader.MadeAt;

    public override long? PackLength => _reader.PackLength;

    public override async ValueTask<PackStep> NextAsync(CancellationToken cancellationToken)
    {
        while (!_hasBegun && _reader is FillReader fill)
        {
            FillStep next = await fill.StepAsync(cancellationToken);
            if (next.Ending is not { } ending)
            {
                _hasBegun = next.Step.Kind != PackStepKind.Progress;
                return next.Step;
            }

            await BeginAgainAsync(ending, cancellationToken);
        }

        return await _reader.NextAsync(cancellationToken);
    }

    public override ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
        _reader.ReadAsync(destination, cancellationToken);

    public override void Verify() => _reader.Verify();

    public override ValueTask DisposeAsync() => _reader.DisposeAsync();

    private async Task BeginAgainAsync(FillOutcome ending, CancellationToken cancellationToken)
    {
        // So that the next fill does not find this reader still following.
        await _reader.DisposeAsync();
        PackReader next = await again(ending, cancellationToken) ?? throw ending.ToException();
        _reader = next;
        if (!Prologue.FitsPackOf(next.Prologue))
        {
            throw ending.ToException();
        }
    }
}
