using Waystation.CacheStore;
using Waystation.Farm.Announcements;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Objects;

namespace Waystation.Farm.Tickets;

/// <summary>
/// Writes and reads announcements about permission. Each begins with its version and with the key of the credentials in it, because nodes
/// digest credentials differently during a rotation of the secret.
/// </summary>
internal static class NoticeCodec
{
    /// <summary>Refusals of one announcement.</summary>
    public const int MaxRefusals = 1_024;

    private const int Version = 1;

    /// <summary>Bytes of an announcement without its beginning. The longest names of a repository fit.</summary>
    private const int MaxBody = FarmAnnouncements.LongestContent - 32;

    /// <summary>Characters of a credential's word.</summary>
    private const int MaxToken = 128;

    /// <summary>Refs of one push that are announced. Of a greater push only the repository is.</summary>
    private const int MaxRefs = 256;

    /// <summary>Announces that everything ends: more was refused than can be told.</summary>
    public static ReadOnlyMemory<byte> WriteAll(uint key) => Begin(key, MaxRefusals + 1).Written;

    /// <summary>Writes as many of the first refusals as one announcement takes, and says how many.</summary>
    public static ReadOnlyMemory<byte> Write(uint key, IReadOnlyList<RefusalNotice> refusals, out int count)
    {
        var body = new FieldWriter();
        int length = 0;
        for (count = 0; count < Math.Min(refusals.Count, MaxRefusals); count++)
        {
            RefusalNotice refusal = refusals[count];
            body.Byte((int)refusal.Kind);
            body.Repository(refusal.Repository);
            body.Text(refusal.Credential.ToToken());
            if (body.Written.Length > MaxBody)
            {
                break;
            }

            length = body.Written.Length;
        }

        FieldWriter to = Begin(key, count);
        to.Raw(body.Written.Span[..length]);
        return to.Written;
    }

    /// <summary>The refusals, and the key of their credentials; null if everything ends, or if they cannot be read.</summary>
    public static (uint Key, IReadOnlyList<RefusalNotice> Refusals)? ReadRefusals(ReadOnlySpan<byte> bytes)
    {
        var from = new FieldReader(bytes);
        int version = from.Byte();
        uint key = (uint)from.Number();
        int count = from.Count(MaxRefusals);
        List<RefusalNotice> refusals = [];
        for (; count > 0 && from.IsWhole && version == Version; count--)
        {
            (int kind, RepositoryName repository, string token) = (from.Byte(), from.Repository(), from.Text(MaxToken));
            if (kind > (int)RefusalKind.Lfs || !Credential.TryParseToken(token, out Credential credential))
            {
                return null;
            }

            refusals.Add(new RefusalNotice((RefusalKind)kind, repository, credential));
        }

        return from.IsEnd && version == Version ? (key, refusals) : null;
    }

    public static ReadOnlyMemory<byte> Write(uint key, RepositoryName repository, Credential pusher, IReadOnlyList<PushedRef> refs)
    {
        ReadOnlyMemory<byte> written = Write(key, repository, pusher, refs, refs.Count <= MaxRefs);
        return written.Length <= FarmAnnouncements.LongestContent ? written : Write(key, repository, pusher, refs, isTold: false);
    }

    private static ReadOnlyMemory<byte> Write(
        uint key,
        RepositoryName repository,
        Credential pusher,
        IReadOnlyList<PushedRef> refs,
        bool isTold
    )
    {
        FieldWriter to = Begin(key, isTold ? refs.Count : MaxRefs + 1);
        to.Repository(repository);
        to.Text(pusher.ToToken());
        Span<byte> raw = stackalloc byte[32];
        foreach (PushedRef pushed in isTold ? refs : [])
        {
            to.Latin(pushed.Name);
            int length = pushed.To?.Format.DigestLength ?? 0;
            pushed.To?.CopyTo(raw);
            to.Bytes(raw[..length]);
        }

        return to.Written;
    }

    /// <summary>The push; null if it cannot be read.</summary>
    public static PushNotice? ReadPush(ReadOnlySpan<byte> bytes)
    {
        var from = new FieldReader(bytes);
        int version = from.Byte();
        uint key = (uint)from.Number();
        int count = from.Count(MaxRefs + 1);
        (RepositoryName repository, string token) = (from.Repository(), from.Text(MaxToken));
        if (version != Version || !Credential.TryParseToken(token, out Credential pusher))
        {
            return null;
        }

        List<PushedRef> refs = [];
        bool isTold = count <= MaxRefs;
        for (; isTold && count > 0 && from.IsWhole; count--)
        {
            string name = from.Latin(RefName.MaxLength);
            ReadOnlySpan<byte> id = from.Bytes(32);
            if (id.Length is not (0 or 20 or 32))
            {
                return null;
            }

            refs.Add(new PushedRef(name, id.IsEmpty ? null : ObjectId.FromRaw(id)));
        }

        return from.IsEnd ? new PushNotice(key, repository, pusher, isTold ? refs : null) : null;
    }

    private static FieldWriter Begin(uint key, int count)
    {
        var to = new FieldWriter();
        to.Byte(Version);
        to.Number(key);
        to.Count(count);
        return to;
    }
}
