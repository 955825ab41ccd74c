using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Goes through the tips of a view in the order of their names, without an object for each, as its listings are in that order already.
/// Tips of one name come from the newest listing first.
/// </summary>
internal sealed class ViewReader
{
    private readonly AccessView _view;
    private readonly RefTipReader?[] _readers;
    private int _at = -1;

    /// <summary>Begins before the first tip.</summary>
    /// <param name="view">The view.</param>
    /// <param name="peeledOnly">Whether to leave out listings that were not asked for the targets of annotated tags.</param>
    public ViewReader(AccessView view, bool peeledOnly)
    {
        _view = view;
        _readers = new RefTipReader?[view.Listings.Count];
        for (int i = 0; i < _readers.Length; i++)
        {
            if (!peeledOnly || view.Listings[i].Asked.Peel)
            {
                _readers[i] = view.Listings[i].Sorted.Read();
                Advance(i);
            }
        }
    }

    /// <summary>The present tip.</summary>
    public RefTipReader Tip => _readers[_at]!;

    /// <summary>Whether the listing of the present tip has the targets of annotated tags.</summary>
    public bool IsOfPeeled => _view.Listings[_at].Asked.Peel;

    /// <summary>Goes to the next tip; false behind the last one.</summary>
    public bool MoveNext()
    {
        if (_at >= 0)
        {
            Advance(_at);
        }

        while (FindFirst())
        {
            if (!_view.IsCoveredBefore(_at, Tip.Name))
            {
                return true;
            }

            Advance(_at);
        }

        return false;
    }

    private bool FindFirst()
    {
        _at = -1;
        for (int i = 0; i < _readers.Length; i++)
        {
            if (_readers[i] is { } reader && (_at < 0 || reader.Name.SequenceCompareTo(Tip.Name) < 0))
            {
                _at = i;
            }
        }

        return _at >= 0;
    }

    private void Advance(int index)
    {
        if (!_readers[index]!.MoveNext())
        {
            _readers[index] = null;
        }
    }
}
