namespace Waystation.Farm.Redis;

/// <summary>
/// Whether Redis counts as here. One failure ends its use, and one good probe begins it again. A Redis that comes and goes must answer more
/// probes in a row before it is used again, so that few requests wait in vain.
/// </summary>
internal sealed class RedisHealth(TimeProvider time, ILogger logger, string name)
{
    private const int MostProbes = 8;

    /// <summary>So many looks in a row without an answer, and Redis is away.</summary>
    private const int LooksUntilAway = 2;

    private static readonly TimeSpan s_remembered = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Queue<long> _departures = new();
    private TaskCompletionSource _here = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isHere;
    private volatile bool _isAway = true;
    private bool _wasHere;
    private bool _isLogged;
    private long _left = time.GetTimestamp();
    private int _good;
    private int _bad;

    public bool IsHere => _isHere;

    public bool IsAway => _isAway;

    public Task WhenHereAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _here.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A command failed.</summary>
    public void Suspect(string trouble)
    {
        lock (_gate)
        {
            if (_isHere)
            {
                Depart();
                Bad(trouble);
            }
        }
    }

    /// <summary>A probe has ended.</summary>
    /// <param name="trouble">What is wrong; null if nothing is.</param>
    public void Note(string? trouble)
    {
        lock (_gate)
        {
            if (trouble is null)
            {
                Good();
                return;
            }

            if (_isHere)
            {
                Depart();
            }

            Bad(trouble);
        }
    }

    /// <summary>The node stops.</summary>
    public void Leave() => _isHere = false;

    private void Good()
    {
        _bad = 0;
        if (_isHere || ++_good < ProbesUntilHere())
        {
            return;
        }

        if (!_wasHere)
        {
            logger.RedisAnswers(name);
        }
        else if (_isLogged)
        {
            logger.RedisBack(time.GetElapsedTime(_left));
        }

        _wasHere = true;
        _isLogged = false;
        _isAway = false;
        _isHere = true;
        _here.TrySetResult();
    }

    private void Bad(string trouble)
    {
        _good = 0;
        if (++_bad >= LooksUntilAway)
        {
            _isAway = true;
            if (!_isLogged)
            {
                _isLogged = true;
                logger.RedisAway(trouble);
            }
        }
    }

    private void Depart()
    {
        _isHere = false;
        _bad = 0;
        _left = time.GetTimestamp();
        _departures.Enqueue(_left);
        _here = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private int ProbesUntilHere()
    {
        while (_departures.TryPeek(out long oldest) && time.GetElapsedTime(oldest) > s_remembered)
        {
            _departures.Dequeue();
        }

        return Math.Clamp(_departures.Count, 1, MostProbes);
    }
}
