namespace Waystation.Farm.Nodes;

/// <summary>The state of this node: of what operators decided, of a namesake, and of its end.</summary>
internal sealed class OwnState(OwnNode own, Verdicts verdicts, ILogger logger)
{
    private readonly Lock _gate = new();
    private bool _hasNamesake;
    private bool _isDraining;
    private NodeState? _told;

    public NodeState State
    {
        get
        {
            lock (_gate)
            {
                return verdicts.Of(own.Name) switch
                {
                    { IsApproved: false } => NodeState.Removed,
                    _ when _hasNamesake => NodeState.Pending,
                    null when own.NeedsApproval => NodeState.Pending,
                    _ when _isDraining => NodeState.Draining,
                    _ => NodeState.Active,
                };
            }
        }
    }

    /// <summary>Whether an operator, or the end of the process, has asked this node to drain.</summary>
    public bool IsDraining
    {
        get
        {
            lock (_gate)
            {
                return _isDraining;
            }
        }
        set
        {
            lock (_gate)
            {
                if (_isDraining == value)
                {
                    return;
                }

                _isDraining = value;
            }

            if (value)
            {
                logger.NodeDrains();
            }
            else
            {
                logger.NodeDrainsNoMore();
            }
        }
    }

    /// <summary>Whether another node that lives has this node's name.</summary>
    public bool HasNamesake
    {
        get
        {
            lock (_gate)
            {
                return _hasNamesake;
            }
        }
    }

    public void SetNamesake(bool hasNamesake)
    {
        lock (_gate)
        {
            if (hasNamesake && !_hasNamesake)
            {
                logger.NameTaken(own.Name);
            }

            _hasNamesake = hasNamesake;
        }
    }

    /// <summary>Logs a state in which this node takes no part, once.</summary>
    public void Tell()
    {
        NodeState state = State;
        lock (_gate)
        {
            if (_told == state)
            {
                return;
            }

            _told = state;
            if (state == NodeState.Removed)
            {
                logger.NodeRemoved();
            }
            else if (state == NodeState.Pending && !_hasNamesake)
            {
                logger.WaitsForApproval(own.Name);
            }
        }
    }
}
