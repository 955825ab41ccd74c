using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Goes through the refs of a mirror and those of a view side by side, in the order of their names, without an object for each:
/// <code>
///   mirror   HEAD  a     c
///   view     HEAD     b  c     `Ours`, `Theirs`, or both
/// </code>
/// A name that the view has twice comes twice.
/// </summary>
internal sealed class RefComparison
{
    private readonly RefTipReader _ours;
    private readonly ViewReader _theirs;
    private bool _hasOurs;
    private bool _hasTheirs;

    /// <summary>Begins before the first name.</summary>
    /// <param name="ours">The refs of the mirror, sorted.</param>
    /// <param name="view">The view.</param>
    /// <param name="peeledOnly">As in <see cref="ViewReader"/>.</param>
    public RefComparison(RefTipList ours, AccessView view, bool peeledOnly)
    {
        _ours = ours.Read();
        _theirs = new ViewReader(view, peeledOnly);
        (_hasOurs, _hasTheirs) = (_ours.MoveNext(), _theirs.MoveNext());
        IsOurs = IsTheirs = false;
    }

    /// <summary>Whether the mirror has the present name.</summary>
    public bool IsOurs { get; private set; }

    /// <summary>Whether the view has the present name.</summary>
    public bool IsTheirs { get; private set; }

    /// <summary>The tip in the mirror, if it is there.</summary>
    public RefTipReader Ours => _ours;

    /// <summary>The tip in the view, if it is there.</summary>
    public RefTipReader Theirs => _theirs.Tip;

    /// <summary>Whether the view's listing has the targets of annotated tags.</summary>
    public bool IsOfPeeled => _theirs.IsOfPeeled;

    /// <summary>Whether the view shows the present name, and the mirror has another tip for it or none.</summary>
    public bool IsMoved => IsTheirs && !(IsOurs && Ours.RawId.SequenceEqual(Theirs.RawId));

    /// <summary>Goes to the next name; false behind the last one.</summary>
    public bool MoveNext()
    {
        if (IsTheirs)
        {
            _hasTheirs = _theirs.MoveNext();
        }

        if (IsOurs && !(_hasTheirs && Theirs.Name.SequenceEqual(Ours.Name)))
        {
            _hasOurs = _ours.MoveNext();
        }

        int order =
            !_hasOurs ? 1
            : !_hasTheirs ? -1
            : Ours.Name.SequenceCompareTo(Theirs.Name);
        IsOurs = _hasOurs && order <= 0;
        IsTheirs = _hasTheirs && order >= 0;
        return IsOurs || IsTheirs;
    }
}
