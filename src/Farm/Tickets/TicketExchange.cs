using System.Text;
using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Flights;
using Waystation.GitProtocol.Objects;

namespace Waystation.Farm.Tickets;

/// <summary>
/// Exchanges tickets through Redis. An entry has one answer of the primary for one repository and credential:
/// <code>
///   ticket-capabilities   the v2 capability advertisement
///   ticket-wide           the last listing of all branches
///   ticket-narrow         the last other listing
/// </code>
/// An entry also says up to which announcement no refusal had ended it. A node takes it only if that node knows every refusal since, and
/// none of them ends it.
/// </summary>
internal sealed class TicketExchange : ITicketExchange, IDisposable
{
    /// <summary>The kind of the announcements of pushes.</summary>
    public const string PushKind = "pushed";

    private const string Capabilities = "ticket-capabilities";
    private const string Wide = "ticket-wide";
    private const string Narrow = "ticket-narrow";
    private const string Branches = "refs/heads/";

    /// <summary>Refs of a listing that is written before the client has its last byte: it takes less than a millisecond.</summary>
    private const int MaxAtOnce = 500;

    /// <summary>Long listings that wait to be written.</summary>
    private const int MaxWaiting = 32;

    /// <summary>Entries of which this node remembers that it wrote them.</summary>
    private const int MaxWritten = 16_384;

    /// <summary>Clocks of nodes may differ by so much.</summary>
    private static readonly TimeSpan s_tolerance = TimeSpan.FromSeconds(5);

    private readonly SingleFlight<(RepositoryName, Credential, AnswerKinds), List<SharedEntry>> _recalls = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ISharedValues _values;
    private readonly IAnnouncements _announcements;
    private readonly RefusalOrder _order;
    private readonly RefusalOutbox _outbox;
    private readonly TicketTimes _times;
    private readonly TimeProvider _time;
    private readonly uint _key;
    private readonly RecentMap<(string Kind, RepositoryName, Credential), (ObjectId Digest, AnnouncementPosition At)> _written;
    private int _waiting;

    public TicketExchange(
        ISharedValues values,
        IAnnouncements announcements,
        RefusalOrder order,
        RefusalOutbox outbox,
        FarmSecrets secrets,
        TicketTimes times,
        TimeProvider time
    )
    {
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentNullException.ThrowIfNull(times);
        (_values, _announcements, _order, _outbox, _times, _time) = (values, announcements, order, outbox, times, time);
        _key = secrets.Id;
        _written = new(MaxWritten, times.Fresh, time);
    }

    /// <inheritdoc />
    public bool IsHearing => _announcements.IsHearing;

    /// <inheritdoc />
    public void Share(RepositoryName repository, Credential credential, ExchangedAnswer answer, Func<bool> counts)
    {
        ArgumentNullException.ThrowIfNull(answer);
        string kind = KindOf(answer);
        if (!_announcements.IsHearing || !_values.IsHere || IsThere((kind, repository, credential), answer.Digest))
        {
            return;
        }

        long askedAt = (_time.GetUtcNow() - answer.Age).ToUnixTimeMilliseconds();
        if (answer is ExchangedAnswer.Listing { Refs.Tips.Count: > MaxAtOnce })
        {
            _ = WriteBehindAsync();
        }
        else
        {
            Write();
        }

        async Task WriteBehindAsync()
        {
            if (Interlocked.Increment(ref _waiting) <= MaxWaiting)
            {
                await _turn.WaitAsync().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                try
                {
                    Write();
                }
                finally
                {
                    _turn.Release();
                }
            }

            Interlocked.Decrement(ref _waiting);
        }

        void Write()
        {
            // Before it is known whether the answer counts: a refusal that is heard in between has a later place.
            AnnouncementPosition position = _announcements.Position;
            if (counts() && EntryCodec.Write(new SharedEntry(answer, askedAt, position)) is { } entry)
            {
                _values.Set(kind, NameOf(repository, credential), entry, _times.Memory - answer.Age);
                _written.Set((kind, repository, credential), (answer.Digest, position));
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<ExchangedAnswer>> RecallAsync(
        RepositoryName repository,
        Credential credential,
        AnswerKinds kinds,
        CancellationToken cancellationToken
    )
    {
        if (!_announcements.IsHearing || !_values.IsHere)
        {
            return [];
        }

        List<SharedEntry> entries = await _recalls
            .JoinOrBegin((repository, credential, kinds), stopping => FindAsync(repository, credential, kinds, stopping), out _)
            .WaitAsync(cancellationToken);
        return [.. entries.Select(entry => AnswerOf(repository, credential, entry)).OfType<ExchangedAnswer>()];
    }

    /// <inheritdoc />
    public void Tell(RepositoryName repository, Credential credential, RefusalKind kind)
    {
        _outbox.Tell(new RefusalNotice(kind, repository, credential));
    }

    /// <inheritdoc />
    public void TellPush(RepositoryName repository, Credential credential, IReadOnlyList<PushedRef> refs)
    {
        ArgumentNullException.ThrowIfNull(refs);
        if (refs.Count > 0)
        {
            _announcements.Announce(PushKind, NoticeCodec.Write(_key, repository, credential, refs));
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task<List<SharedEntry>> FindAsync(
        RepositoryName repository,
        Credential credential,
        AnswerKinds kinds,
        CancellationToken cancellationToken
    )
    {
        byte[] name = NameOf(repository, credential);
        string[] names =
        [
            .. kinds.HasFlag(AnswerKinds.Capabilities) ? [Capabilities] : Array.Empty<string>(),
            .. kinds.HasFlag(AnswerKinds.Listings) ? [Wide, Narrow] : Array.Empty<string>(),
        ];
        IReadOnlyList<byte[]?> found = await _values.FindAllAsync(names, name, cancellationToken);
        return [.. found.Select(static bytes => bytes is null ? null : EntryCodec.Read(bytes)).OfType<SharedEntry>()];
    }

    /// <summary>Whether this node has lately written an equal entry, and nothing has ended that since.</summary>
    private bool IsThere((string, RepositoryName Repository, Credential Credential) entry, ObjectId digest) =>
        _written.TryGet(entry, out (ObjectId Digest, AnnouncementPosition At) written)
        && written.Digest == digest
        && _order.Allows(entry.Repository, entry.Credential, RefusalKind.Reading, written.At)
        && _order.Allows(entry.Repository, entry.Credential, RefusalKind.Doubt, written.At);

    /// <summary>The answer of an entry for this node now; null if it does not count.</summary>
    private ExchangedAnswer? AnswerOf(RepositoryName repository, Credential credential, SharedEntry entry)
    {
        TimeSpan age = _time.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromMilliseconds(entry.AskedAt);
        return
            age > -s_tolerance
            && age < _times.Memory
            && _announcements.HasHeardAllSince(entry.Position)
            && _order.Allows(repository, credential, RefusalKind.Reading, entry.Position)
            ? entry.Answer with
            {
                Age = age > TimeSpan.Zero ? age : TimeSpan.Zero,
                IsForOutage = !_order.Allows(repository, credential, RefusalKind.Doubt, entry.Position),
            }
            : null;
    }

    private static string KindOf(ExchangedAnswer answer) =>
        answer switch
        {
            ExchangedAnswer.Listing { Refs: var refs } => refs.IsComplete || refs.Asked.Prefixes.Find(Branches) >= 0 ? Wide : Narrow,
            _ => Capabilities,
        };

    private static byte[] NameOf(RepositoryName repository, Credential credential) =>
        Encoding.UTF8.GetBytes($"{repository.Host}\n{repository.Path}\n{credential.ToToken()}");
}
