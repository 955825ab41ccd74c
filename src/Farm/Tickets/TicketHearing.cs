using Microsoft.Extensions.Hosting;
using Waystation.Farm.Announcements;
using Waystation.Farm.Secrets;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.Farm.Tickets;

/// <summary>Does at this node what others announce about permission: refusals end tickets, pushes bring records forward.</summary>
internal sealed class TicketHearing(AccessTickets tickets, RefusalOrder order, IAnnouncements announcements, FarmSecrets secrets)
    : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        announcements.Subscribe(RefusalOutbox.Kind, HearRefusals);
        announcements.Subscribe(TicketExchange.PushKind, HearPush);
        announcements.WhenMissed(ForgetAll);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void HearRefusals(Announcement announcement)
    {
        if (NoticeCodec.ReadRefusals(announcement.Content.Span) is not var (key, refusals))
        {
            order.EndAll(announcement.Position);
            ForgetAll();
            return;
        }

        foreach (RefusalNotice refusal in refusals)
        {
            RefusalScope scope =
                key == secrets.Id
                    ? new RefusalScope.One(refusal.Repository, refusal.Credential)
                    : new RefusalScope.Many(refusal.Repository, refusal.Credential.IsAnonymous);
            // First, so that what is recalled in between meets the one or the other.
            order.Note(scope, refusal.Kind, announcement.Position);
            tickets.End(scope, refusal.Kind);
        }
    }

    private void HearPush(Announcement announcement)
    {
        if (NoticeCodec.ReadPush(announcement.Content.Span) is { } push)
        {
            tickets.HearPush(push.Repository, push.Key == secrets.Id ? push.Pusher : null, push.Refs);
        }
    }

    /// <summary>Refusals may have been missed, so nothing that this node knows counts any more.</summary>
    private void ForgetAll() => tickets.End(RefusalScope.All, RefusalKind.Reading);
}
