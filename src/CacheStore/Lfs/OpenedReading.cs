using System.IO.Pipelines;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// A reading that goes on with another source while no byte has left: when the stored object is damaged, when the fill that it follows
/// comes to nothing, or when another fill has stored the object.
/// </summary>
/// <param name="first">The first source.</param>
/// <param name="again">Finds the next source, and perhaps begins a fill that no other reading joins; null if there is none.</param>
internal sealed class OpenedReading(LfsBytes first, Func<bool, LfsBytes?> again) : LfsReading
{
    /// <summary>Sources that a reading shares with others before it asks for itself alone.</summary>
    private const int MaxShared = 4;

    /// <summary>Damaged objects and lost fills are rare: a reading that meets more of them ends.</summary>
    private const int MaxTries = 8;

    private LfsBytes _bytes = first;
    private int _tries;

    public override LfsServed Served => _bytes.Served;

    public override async Task<LfsRefusal?> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            LfsStart start = await _bytes.StartAsync(cancellationToken);
            if (start.Again is null)
            {
                return start.Refusal;
            }

            if (!await TryAgainAsync())
            {
                return new LfsRefusal(502, $"the node could not get the object: {start.Again}");
            }
        }
    }

    public override async Task CopyToAsync(PipeWriter output, long from, long count, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _bytes.CopyToAsync(output, from, count, cancellationToken);
                return;
            }
            catch (LfsBrokenException) when (!_bytes.HasSent)
            {
                if (!await TryAgainAsync())
                {
                    throw;
                }
            }

            if (await WaitAsync(cancellationToken) is { } refusal)
            {
                throw new LfsBrokenException(refusal.Message);
            }
        }
    }

    public override async Task<bool> EndAsync(CancellationToken cancellationToken) =>
        await WaitAsync(cancellationToken) is null && await _bytes.EndAsync(cancellationToken);

    public override ValueTask DisposeAsync() => _bytes.DisposeAsync();

    private async Task<bool> TryAgainAsync()
    {
        // The next source is not to find this one still following.
        await _bytes.DisposeAsync();
        if (++_tries > MaxTries || again(_tries >= MaxShared) is not { } next)
        {
            return false;
        }

        _bytes = next;
        return true;
    }
}
