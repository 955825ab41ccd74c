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
    public const int MaxWaiting = 8 * NoticeCodec.MaxRefusals;

    /// <summary>The moment. A refusal must be known everywhere within a second.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly IAnnouncements _announcements;
    private readonly uint _key;
    private readonly ITimer _timer;
    private readonly HashSet<RefusalNotice> _waiting = [];
    private bool _isMoment;
    private bool _areTooMany;

    public RefusalOutbox(IAnnouncements announcements, FarmSecrets secrets, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentNullException.ThrowIfNull(time);
        (_announcements, _key) = (announcements, secrets.Id);
        _timer = time.CreateTimer(_ => EndMoment(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Tell(RefusalNotice refusal)
    {
        lock (_gate)
        {
            _areTooMany = _areTooMany || (_waiting.Count >= MaxWaiting && !_waiting.Contains(refusal));
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
            RefusalNotice[] next = [.. _waiting.Take(NoticeCodec.MaxRefusals)];
            _waiting.ExceptWith(next);
            _announcements.Announce(Kind, NoticeCodec.Write(_key, next));
        }

        _isMoment = true;
        _timer.Change(Moment, Timeout.InfiniteTimeSpan);
    }
}
