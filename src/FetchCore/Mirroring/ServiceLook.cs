using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Mirroring;

/// <summary>The refs of a repository as the service credential sees them.</summary>
internal static class ServiceLook
{
    /// <summary>Guards memory: the refs of a repository with a million of them.</summary>
    private const int MaxListing = 256 << 20;

    /// <summary>Looks at a repository of which nothing is known.</summary>
    /// <exception cref="PrimaryException">The primary could not be asked, or refused.</exception>
    public static async Task<ServiceSight> FirstAsync(IPrimary primary, CancellationToken cancellationToken)
    {
        (InfoRefsReader reader, byte[] digest) = await ReadAdvertisementAsync(primary, lastDigest: null, cancellationToken);
        return reader.Capabilities is { } capabilities
            ? await AskRefsAsync(primary, capabilities.ObjectFormat, lastDigest: null, cancellationToken)
            : new ServiceSight(AskerOf(primary, RefListing.Of(reader), protocolVersion: 0), reader.ObjectFormat, digest, SpeaksV2: false);
    }

    /// <summary>
    /// Looks at a repository whose mirror is here. The listing is hashed as it comes and read only where the digest is not the
    /// last one's: else the asker was shown nothing. It is asked for in the version that the primary was found to speak.
    /// </summary>
    /// <exception cref="PrimaryException">The primary could not be asked, or refused.</exception>
    public static async Task<ServiceSight> AgainAsync(
        IPrimary primary,
        ObjectFormat format,
        byte[]? lastDigest,
        bool speaksV2,
        CancellationToken cancellationToken
    )
    {
        if (speaksV2)
        {
            return await AskRefsAsync(primary, format, lastDigest, cancellationToken);
        }

        (InfoRefsReader reader, byte[] digest) = await ReadAdvertisementAsync(primary, lastDigest, cancellationToken);
        if (reader.Capabilities is not null)
        {
            return await AskRefsAsync(primary, format, lastDigest: null, cancellationToken);
        }

        RefListing seen = reader.IsComplete ? RefListing.Of(reader) : Nothing(format);
        return new ServiceSight(AskerOf(primary, seen, protocolVersion: 0), format, digest, SpeaksV2: false);
    }

    private static RefListing Nothing(ObjectFormat format) => new(LsRefsRequest.All(format), []);

    /// <summary>The advertisement; where the digest is the last one's it is not read.</summary>
    private static async Task<(InfoRefsReader Reader, byte[] Digest)> ReadAdvertisementAsync(
        IPrimary primary,
        byte[]? lastDigest,
        CancellationToken cancellationToken
    )
    {
        var reader = new InfoRefsReader();
        await using PrimaryReply reply = await primary.InfoRefsAsync(cancellationToken);
        (ReadOnlySequence<byte> body, byte[] digest) = await ReadAsync(reply, cancellationToken);
        if (lastDigest is not null && digest.AsSpan().SequenceEqual(lastDigest))
        {
            return (reader, digest);
        }

        Feed(reader, body);
        return reader.IsComplete ? (reader, digest) : throw new PrimaryException("the primary's advertisement does not read");
    }

    private static async Task<ServiceSight> AskRefsAsync(
        IPrimary primary,
        ObjectFormat format,
        byte[]? lastDigest,
        CancellationToken cancellationToken
    )
    {
        LsRefsRequest question = LsRefsRequest.All(format);
        await using PrimaryReply reply = await primary.LsRefsAsync(question, cancellationToken);
        (ReadOnlySequence<byte> body, byte[] digest) = await ReadAsync(reply, cancellationToken);
        if (lastDigest is not null && digest.AsSpan().SequenceEqual(lastDigest))
        {
            return new ServiceSight(AskerOf(primary, Nothing(format), 2), format, digest, SpeaksV2: true);
        }

        var reader = new LsRefsReader(format);
        Feed(reader, body);
        return reader.IsComplete
            ? new ServiceSight(AskerOf(primary, new RefListing(question, reader.Tips), 2), format, digest, SpeaksV2: true)
            : throw new PrimaryException("the primary's list of refs does not read");
    }

    private static SyncRequester AskerOf(IPrimary primary, RefListing listing, int protocolVersion) =>
        new(new AccessView([listing]), primary, protocolVersion, static _ => { });

    private static async Task<(ReadOnlySequence<byte> Body, byte[] Digest)> ReadAsync(
        PrimaryReply reply,
        CancellationToken cancellationToken
    )
    {
        if (!reply.IsAnswer)
        {
            throw new PrimaryException(
                reply.IsRefusal ? "the primary refuses the service credential" : "the primary did not answer as a Git server does"
            );
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var kept = new ArrayBufferWriter<byte>();
        while (true)
        {
            ReadResult read = await reply.Body.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
                kept.Write(segment.Span);
            }

            reply.Body.AdvanceTo(read.Buffer.End);
            if (kept.WrittenCount > MaxListing)
            {
                throw new PrimaryException("the primary's list of refs has no end");
            }

            if (read.IsCompleted)
            {
                return (new ReadOnlySequence<byte>(kept.WrittenMemory), hash.GetHashAndReset());
            }
        }
    }

    private static void Feed(StreamTap reader, ReadOnlySequence<byte> body)
    {
        foreach (ReadOnlyMemory<byte> segment in body)
        {
            reader.Read(segment.Span);
        }
    }
}
