using Waystation.CacheStore.Lfs;
using Waystation.Farm.Nodes;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// An object of the farm: other nodes are asked in their order, then the own source. A source that breaks off is followed by the next
/// one, at the byte where it stopped.
/// </summary>
/// <param name="ask">Asks a node; true if the object is whole, or refused for good.</param>
/// <param name="plan">The nodes, and what to ask each.</param>
/// <param name="own">This node's source; null if its time is over.</param>
internal sealed class FarmSource(
    Func<FarmNode, ObjectWish, ResumedSink, Task<bool>> ask,
    Func<IEnumerable<(FarmNode Node, ObjectWish Wish)>> plan,
    ILfsSource? own
) : ILfsSource
{
    /// <inheritdoc />
    public int Bytes => own?.Bytes ?? 0;

    /// <inheritdoc />
    public LfsSourceParts? Parts => own?.Parts;

    /// <inheritdoc />
    public async Task FillAsync(ILfsSink sink)
    {
        var resumed = new ResumedSink(sink);
        foreach ((FarmNode node, ObjectWish wish) in plan())
        {
            if (await ask(node, wish, resumed))
            {
                return;
            }

            resumed.Rewind();
        }

        if (own is null)
        {
            resumed.Refuse(LfsRefusals.SourceIsOver);
            return;
        }

        await own.FillAsync(resumed);
    }
}
