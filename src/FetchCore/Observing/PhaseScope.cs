using System.Diagnostics;
using Waystation.CacheStore;

namespace Waystation.FetchCore.Observing;

/// <summary>A phase that lasts until this is disposed.</summary>
public readonly struct PhaseScope : IDisposable, IEquatable<PhaseScope>
{
    private readonly PhaseTimer _timer;
    private readonly Activity? _span;

    internal PhaseScope(PhaseTimer timer, string name)
    {
        _timer = timer;
        _span = Spans.Begin(name);
        timer.Begin();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _timer.End();
        _span?.Dispose();
    }

    /// <inheritdoc />
    public bool Equals(PhaseScope other) => _timer == other._timer;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is PhaseScope other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => _timer.GetHashCode();

    /// <summary>Whether both end the same phase.</summary>
    public static bool operator ==(PhaseScope left, PhaseScope right) => left.Equals(right);

    /// <summary>Whether they end different phases.</summary>
    public static bool operator !=(PhaseScope left, PhaseScope right) => !left.Equals(right);
}
