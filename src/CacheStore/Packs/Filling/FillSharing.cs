namespace Waystation.CacheStore.Packs.Filling;

/// <summary>Which readers may have the pack of a fill, and whether it is kept. Nothing raises the retention again.</summary>
internal sealed class FillSharing(bool keepAtOnce)
{
    private readonly Lock _gate = new();
    private FillShare _share;
    private Retention _retention = keepAtOnce ? Retention.Always : Retention.WhileFollowed;

    /// <summary>The readers that may have the pack.</summary>
    public FillShare Share
    {
        get
        {
            lock (_gate)
            {
                return _share;
            }
        }
    }

    /// <summary>Whether the pack is kept.</summary>
    public Retention Retention
    {
        get
        {
            lock (_gate)
            {
                return _retention;
            }
        }
    }

    /// <summary>Whether the pack may be stored: for every reader with its key.</summary>
    public bool IsStorable
    {
        get
        {
            lock (_gate)
            {
                return _retention != Retention.Never && _share == FillShare.Everybody;
            }
        }
    }

    /// <summary>Changes the readers; nothing if they are others than these.</summary>
    public void Move(FillShare from, FillShare to)
    {
        lock (_gate)
        {
            _share = _share == from ? to : _share;
        }
    }

    /// <summary>The pack is kept less than before.</summary>
    public void Lower(Retention retention)
    {
        lock (_gate)
        {
            _retention = (Retention)Math.Min((int)_retention, (int)retention);
        }
    }

    /// <summary>Only the starter may have the pack, and it is not kept.</summary>
    public void KeepToStarter()
    {
        lock (_gate)
        {
            _share = FillShare.StarterOnly;
            _retention = Retention.Never;
        }
    }

    /// <summary>
    /// The file is a window in memory now, which waits for the slowest reader. Readers that wait for a decision would make it wait, so they
    /// end.
    /// </summary>
    public void LeaveDisk()
    {
        lock (_gate)
        {
            _retention = Retention.Never;
            _share = _share == FillShare.Undecided ? FillShare.StarterOnly : _share;
        }
    }
}
