using Waystation.Farm.Announcements;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Tickets;

/// <summary>
/// Announces refusals: the first one at once, and those that come within a moment after it together, once each. Every clone of a private
/// repository begins with a refusal of the client without a login, so there are many of them.
/// </summary>
internal sealed class RefusalOutbox : IDisposable
{
    /// <summary>The kind of these announcements.</summary>
    public const string Kind = "refusal";

    /// <summary>Refusals that wait. If more come, all permission of the farm ends instead.</summary>
    public const int MaxWaiting = 8_192;

    /// <summary>Announcements that leave at once: of two thousand refusals, if names are not very long.</summary>
    private const int MaxAtOnce = 20;

    /// <summary>The moment. A refusal must be known everywhere within a second.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly IAnnouncements _announcements;
    private readonly RefusalOrder _order;
    private readonly uint _key;
    private readonly ITimer _timer;
    private readonly HashSet<RefusalNotice> _waiting = [];
    private bool _isMoment;
    private bool _areTooMany;

    public RefusalOutbox(IAnnouncements announcements, RefusalOrder order, FarmSecrets secrets, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(announcements);
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentNullException.ThrowIfNull(time);
        (_announcements, _order, _key) = (announcements, order, secrets.Id);
        announcements.WhenPlaced(Kind, Place);
        _timer = time.CreateTimer(_ => EndMoment(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes a refusal as one of this node, and announces it.</summary>
    public void Tell(RefusalNotice refusal)
    {
        lock (_gate)
        {
            bool isNew = !_waiting.Contains(refusal);
            _areTooMany = _areTooMany || (isNew && _waiting.Count >= MaxWaiting);
            _order.NoteOwn(refusal, isNew, _announcements.Position);
            if (!_areTooMany)
            {
                _waiting.Add(refusal);
            }

            if (!_isMoment)
            {
                Announce();
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Place(Announcement own)
    {
        if (NoticeCodec.ReadRefusals(own.Content.Span) is not var (_, refusals))
        {
            _order.EndAll(own.Position);
            return;
        }

        foreach (RefusalNotice refusal in refusals)
        {
            _order.PlaceOwn(refusal, own.Position);
        }
    }

    private void EndMoment()
    {
        lock (_gate)
        {
            _isMoment = false;
            if (_waiting.Count > 0)
            {
                Announce();
            }
        }
    }

    /// <summary>The caller has the lock, so that announcements leave in their order.</summary>
    private void Announce()
    {
        if (_areTooMany)
        {
            _announcements.Announce(Kind, NoticeCodec.WriteAll(_key));
            _waiting.Clear();
            _areTooMany = false;
        }
        else
        {
            for (int i = 0; i < MaxAtOnce && _waiting.Count > 0; i++)
            {
                RefusalNotice[] next = [.. _waiting.Take(NoticeCodec.MaxRefusals)];
                _announcements.Announce(Kind, NoticeCodec.Write(_key, next, out int told));
                _waiting.ExceptWith(next.Take(told));
            }
        }

        _isMoment = true;
        _timer.Change(Moment, Timeout.InfiniteTimeSpan);
    }
}
