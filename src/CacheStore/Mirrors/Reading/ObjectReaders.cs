using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Git;

namespace Waystation.CacheStore.Mirrors.Reading;

/// <summary>
/// The kept readers of all mirrors: one git process for a source at most, and so many in all. Those who ask the same reader take turns,
/// because an answer takes less time than the start of a process.
/// <code>
///   ask ──► the kept one, or a new one in place of the longest idle ──► kept again ──► ends after some seconds, or when packs go
/// </code>
/// </summary>
internal sealed class ObjectReaders : IAsyncDisposable
{
    /// <summary>The questions of a fetch come within less. A start costs little beside that, and an idle git holds a few MB.</summary>
    internal static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(5);

    private readonly GitProgram _git;
    private readonly TimeProvider _time;
    private readonly Places _places;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectSource, Kept> _kept = [];
    private Task _ends = Task.CompletedTask;
    private ITimer? _sweep;
    private int _waiting;

    /// <param name="git">Starts git.</param>
    /// <param name="most">The most processes.</param>
    /// <param name="time">The clock by which idle readers end.</param>
    public ObjectReaders(GitProgram git, int most, TimeProvider time)
    {
        _git = git;
        _time = time;
        _places = new Places(most);
        _stop = _stopping.Token;
    }

    /// <summary>The sources that have a reader.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _kept.Values.Count(static kept => kept.Reader is not null);
            }
        }
    }

    /// <summary>Asks a reader. If a kept one turns out to have ended, a new one is asked from the beginning.</summary>
    /// <exception cref="GitFailedException">git cannot be started, or fails.</exception>
    public async Task AskAsync(ObjectSource source, Func<ObjectReader, Task> ask, CancellationToken cancellationToken)
    {
        Kept kept;
        lock (_gate)
        {
            if (!_kept.TryGetValue(source, out kept!))
            {
                _kept[source] = kept = new Kept(source);
            }

            kept.Askers++;
        }

        try
        {
            using IDisposable turn = await kept.Turn.EnterAsync(cancellationToken);
            await AskAsync(kept, ask, cancellationToken);
        }
        finally
        {
            Leave(kept);
        }
    }

    /// <summary>Ends the readers of a repository whose packs have gone; one that is asked right now ends after its answer.</summary>
    public void End(string repository) => End(kept => kept.Source.Repository == repository);

    /// <summary>Ends all readers, and waits until they have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task ends;
        lock (_gate)
        {
            _sweep?.Dispose();
            End(static _ => true);
            ends = _ends;
        }

        await ends;
        _stopping.Dispose();
    }

    /// <summary>The caller has the reader's turn.</summary>
    private async Task AskAsync(Kept kept, Func<ObjectReader, Task> ask, CancellationToken cancellationToken)
    {
        for (bool isNew = false; ; )
        {
            if (kept.IsOutdated && kept.Reader is not null)
            {
                await EndAsync(kept.Take());
            }

            if (kept.Reader is null)
            {
                await BeginAsync(kept, cancellationToken);
                isNew = true;
            }

            bool isFit = false;
            try
            {
                await ask(kept.Reader!);
                isFit = true;
                return;
            }
            catch (GitFailedException) when (!isNew && !_stop.IsCancellationRequested)
            {
                // It ended while nobody asked.
            }
            finally
            {
                if (!isFit)
                {
                    (ObjectReader reader, IDisposable place) = kept.Take();
                    await reader.DisposeAsync();
                    place.Dispose();
                }
            }
        }
    }

    /// <summary>Starts the process of a source, once there are few enough.</summary>
    private async Task BeginAsync(Kept kept, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _waiting++;
            if (_places.AreTaken && LongestIdle() is { } idle)
            {
                EndNow(idle);
            }
        }

        IDisposable place;
        try
        {
            place = await _places.EnterAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _waiting--;
            }
        }

        try
        {
            // It opens no pack before the first question, so packs that went before do not concern it.
            kept.IsOutdated = false;
            kept.Put(ObjectReader.Start(_git, kept.Source, _stop), place);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private void Leave(Kept kept)
    {
        lock (_gate)
        {
            kept.IdleSince = _time.GetTimestamp();
            if (--kept.Askers == 0)
            {
                if (kept.Reader is null)
                {
                    _kept.Remove(kept.Source);
                }
                else if (kept.IsOutdated || _waiting > 0 || _stop.IsCancellationRequested)
                {
                    EndNow(kept);
                }
                else
                {
                    _sweep ??= _time.CreateTimer(_ => Sweep(), null, MaxIdle, MaxIdle);
                }
            }
        }
    }

    private void Sweep()
    {
        lock (_gate)
        {
            End(kept => _time.GetElapsedTime(kept.IdleSince) >= MaxIdle && kept.Askers == 0);
            if (_kept.Count == 0)
            {
                _sweep?.Dispose();
                _sweep = null;
            }
        }
    }

    private void End(Predicate<Kept> which)
    {
        lock (_gate)
        {
            foreach (Kept kept in _kept.Values.Where(kept => which(kept)).ToList())
            {
                if (kept.Askers > 0)
                {
                    kept.IsOutdated = true;
                }
                else
                {
                    EndNow(kept);
                }
            }
        }
    }

    private Kept? LongestIdle() =>
        _kept.Values.Where(static kept => kept is { Askers: 0, Reader: not null }).MinBy(static kept => kept.IdleSince);

    /// <summary>Ends an idle one; the caller has the lock.</summary>
    private void EndNow(Kept idle)
    {
        _kept.Remove(idle.Source);
        if (idle.Reader is not null)
        {
            _ends = Task.WhenAll(_ends, EndAsync(idle.Take()));
        }
    }

    private static async Task EndAsync((ObjectReader Reader, IDisposable Place) kept)
    {
        using (kept.Place)
        {
            await kept.Reader.EndAsync();
        }
    }

    private sealed class Kept(ObjectSource source)
    {
        private volatile bool _isOutdated;
        private IDisposable? _place;

        public ObjectSource Source { get; } = source;

        public Places Turn { get; } = new(1);

        /// <summary>The one with the turn changes it, or the one that ends an idle reader.</summary>
        public ObjectReader? Reader { get; private set; }

        /// <summary>Those who ask, or wait for their turn.</summary>
        public int Askers { get; set; }

        public long IdleSince { get; set; }

        /// <summary>Packs have gone since it was started.</summary>
        public bool IsOutdated
        {
            get => _isOutdated;
            set => _isOutdated = value;
        }

        public void Put(ObjectReader reader, IDisposable place) => (Reader, _place) = (reader, place);

        public (ObjectReader Reader, IDisposable Place) Take()
        {
            (ObjectReader, IDisposable) taken = (Reader!, _place!);
            (Reader, _place) = (null, null);
            return taken;
        }
    }
}
