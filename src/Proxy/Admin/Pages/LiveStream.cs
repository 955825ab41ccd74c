using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>
/// The events of live requests for one reader: first the latest fetches, as far as asked for, then every one that begins or ends. A stream
/// without news sends a heartbeat, so that both sides see whether the other is there.
/// </summary>
internal sealed class LiveStream(RecentFetches recent, TimeProvider time)
{
    /// <summary>The time without news after which a heartbeat is sent.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>The events, without end.</summary>
    /// <param name="reader">Where they come from; disposed here.</param>
    /// <param name="filter">The fetches to show.</param>
    /// <param name="last">The number of fetches that ended before, to begin with.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<SseItem<LiveNews>> ReadAsync(
        LiveReader reader,
        LiveFilter filter,
        int last,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using (reader)
        {
            // The reader was opened before, so nothing is lost in between, and what comes twice is known by its number.
            HashSet<long> shown = [];
            foreach (FetchRecord record in recent.Latest(last, filter.Shows).Reverse())
            {
                shown.Add(record.Number);
                yield return Item(new LiveNews(Ended: FetchStatus.Of(record)));
            }

            yield return Item(new LiveNews(Beat: time.GetUtcNow()));
            while (true)
            {
                Task<bool> waiting = reader.WaitAsync(cancellationToken).AsTask();
                while (!await IsOverAsync(waiting, cancellationToken))
                {
                    yield return Item(new LiveNews(Beat: time.GetUtcNow()));
                }

                while (reader.TryRead(out long missed, out LiveEvent? next))
                {
                    if (missed > 0)
                    {
                        yield return Item(new LiveNews(Missed: missed));
                    }

                    if (next.Begun is { } begun && filter.Shows(begun))
                    {
                        yield return Item(new LiveNews(next.Id, Begun: LiveStatus.Of(begun)));
                    }
                    else if (next.Ended is { } ended && filter.Shows(ended) && !shown.Remove(ended.Number))
                    {
                        yield return Item(new LiveNews(next.Id, Ended: FetchStatus.Of(ended)));
                    }
                }
            }
        }
    }

    private async Task<bool> IsOverAsync(Task waiting, CancellationToken cancellationToken)
    {
        try
        {
            await waiting.WaitAsync(Heartbeat, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static SseItem<LiveNews> Item(LiveNews news) => new(news, news.ToEventType());
}
