using Microsoft.Extensions.Hosting;
using Waystation.Farm.Announcements;
using Waystation.Farm.Secrets;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.Farm.Tickets;

/// <summary>Does at this node what others announce about permission: refusals end tickets, pushes bring records forward.</summary>
internal sealed class TicketHearing : IHostedService
{
    private readonly AccessTickets _tickets;
    private readonly RefusalOrder _order;
    private readonly uint _key;

    /// <summary>Begins to hear, before the first announcement is read.</summary>
    public TicketHearing(AccessTickets tickets, RefusalOrder order, IAnnouncements announcements, FarmSecrets secrets)
    {
        ArgumentNullException.ThrowIfNull(announcements);
        ArgumentNullException.ThrowIfNull(secrets);
        (_tickets, _order, _key) = (tickets, order, secrets.Id);
        announcements.Subscribe(RefusalOutbox.Kind, HearRefusals);
        announcements.Subscribe(TicketExchange.PushKind, HearPush);
        announcements.WhenMissed(ForgetAll);
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void HearRefusals(Announcement announcement)
    {
        if (NoticeCodec.ReadRefusals(announcement.Content.Span) is not var (key, refusals))
        {
            _order.EndAll(announcement.Position);
            ForgetAll();
            return;
        }

        foreach (RefusalNotice refusal in refusals)
        {
            RefusalScope scope =
                key == _key
                    ? new RefusalScope.One(refusal.Repository, refusal.Credential)
                    : new RefusalScope.Many(refusal.Repository, refusal.Credential.IsAnonymous);
            // First, so that what is recalled in between meets the one or the other.
            _order.Note(scope, refusal.Kind, announcement.Position);
            _tickets.End(scope, refusal.Kind);
        }
    }

    private void HearPush(Announcement announcement)
    {
        if (NoticeCodec.ReadPush(announcement.Content.Span) is { } push)
        {
            _tickets.HearPush(push.Repository, push.Key == _key ? push.Pusher : null, push.Refs);
        }
    }

    /// <summary>Refusals may have been missed, so nothing that this node knows counts any more.</summary>
    private void ForgetAll() => _tickets.End(RefusalScope.All, RefusalKind.Reading);
}
