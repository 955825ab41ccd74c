namespace Waystation.Farm.Redis;

/// <summary>
/// Whether this node is a member of the farm. A node that waits for its approval, or that was removed, neither reads what others share nor
/// relies on what they announce.
/// </summary>
public sealed class Standing
{
    private volatile bool _isMember;

    /// <summary>Whether it is.</summary>
    public bool IsMember
    {
        get => _isMember;
        internal set => _isMember = value;
    }
}
