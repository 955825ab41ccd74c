namespace Waystation.CacheStore.Disk;

/// <summary>
/// The worth of the thing that was evicted last, over all stores of a node. It only grows and is a part of the worth of all that is used
/// later, so things that nobody uses any more grow old.
/// </summary>
internal sealed class WorthAge
{
    private double _value;

    public double Value => Volatile.Read(ref _value);

    /// <summary>Something of this worth was evicted.</summary>
    public void Raise(double worth)
    {
        double old = Value;
        while (worth > old)
        {
            double seen = Interlocked.CompareExchange(ref _value, worth, old);
            if (seen.Equals(old))
            {
                return;
            }

            old = seen;
        }
    }
}
