using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Fetching;

namespace Waystation.FetchCore;

/// <summary>
/// Follows somebody else's fill. Where that ends, or may not be read on, before a byte of its pack was told, another answer that begins
/// alike
/// takes its place: what concerns the other's credential, or hangs in its name, ends nobody else's answer.
/// </summary>
/// <param name="first">The fill's, begun.</param>
/// <param name="again">Finds another answer; null where there is none.</param>
internal sealed class FollowingReader(FillReader first, Func<FillFailedException, CancellationToken, Task<PackReader?>> again) : PackReader
{
    private PackReader _reader = first;
    private bool _hasBegun;

    public override FetchPrologue Prologue { get; } = first.Prologue;

    public override DateTimeOffset MadeAt => _reader.MadeAt;

    public override long? PackLength => _reader.PackLength;

    public override async ValueTask<PackStep> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                PackStep step = await _reader.NextAsync(cancellationToken);
                _hasBegun |= step.Kind != PackStepKind.Progress;
                return step;
            }
            catch (FillFailedException e) when (!_hasBegun)
            {
                await BeginAgainAsync(e, cancellationToken);
            }
        }
    }

    public override ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
        _reader.ReadAsync(destination, cancellationToken);

    public override void Verify() => _reader.Verify();

    public override ValueTask DisposeAsync() => _reader.DisposeAsync();

    private async Task BeginAgainAsync(FillFailedException failure, CancellationToken cancellationToken)
    {
        // The next one is not to find this one still following.
        await _reader.DisposeAsync();
        PackReader next = await again(failure, cancellationToken) ?? throw failure;
        _reader = next;
        if (next.Prologue != Prologue)
        {
            throw failure;
        }
    }
}
