using System.Buffers;
using System.Security.Cryptography;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Refs;

/// <summary>The refs of a repository as the service credential sees them.</summary>
internal static class ServiceLook
{
    /// <summary>Guards memory: the refs of a repository with a million of them.</summary>
    private const int MaxListing = 256 << 20;

    /// <summary>Looks at a repository of which nothing is known.</summary>
    /// <exception cref="PrimaryException">The primary could not be asked, or refused.</exception>
    public static async Task<ServiceSight> FirstAsync(IPrimary primary, CancellationToken cancellationToken)
    {
        (RefsReader? advertisement, byte[] digest) = await ReadAdvertisementAsync(primary, lastDigest: null, cancellationToken);
        return advertisement!.Capabilities is { } capabilities
            ? await AskRefsAsync(primary, capabilities.ObjectFormat, lastDigest: null, cancellationToken)
            : SightOf(primary, advertisement.Listing!, digest, speaksV2: false);
    }

    /// <summary>
    /// Asks for the refs of a repository that has a mirror. It hashes the listing as it comes, and reads it only if the digest differs from
    /// the last one; otherwise the requester has no listing. It asks in the version that the primary was found to speak.
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

        (RefsReader? advertisement, byte[] digest) = await ReadAdvertisementAsync(primary, lastDigest, cancellationToken);
        return advertisement is { Capabilities: not null }
            ? await AskRefsAsync(primary, format, lastDigest: null, cancellationToken)
            : SightOf(primary, advertisement?.Listing ?? Nothing(format), digest, speaksV2: false) with
            {
                Format = format,
            };
    }

    private static RefListing Nothing(ObjectFormat format) => new(LsRefsRequest.All(format), []);

    private static ServiceSight SightOf(IPrimary primary, RefListing listing, byte[] digest, bool speaksV2) =>
        new(
            new SyncRequester(new AccessView([listing]), primary, speaksV2 ? 2 : 0, static _ => { }),
            listing.Asked.ObjectFormat,
            digest,
            speaksV2
        );

    private static async Task<(RefsReader? Reader, byte[] Digest)> ReadAdvertisementAsync(
        IPrimary primary,
        byte[]? lastDigest,
        CancellationToken cancellationToken
    )
    {
        await using PrimaryReply reply = await primary.InfoRefsAsync(cancellationToken);
        return await ReadAsync(reply, asked: null, lastDigest, cancellationToken);
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
        (RefsReader? refs, byte[] digest) = await ReadAsync(reply, question, lastDigest, cancellationToken);
        return SightOf(primary, refs?.Listing ?? Nothing(format), digest, speaksV2: true);
    }

    /// <summary>Reads a whole reply, unless its digest is the last one.</summary>
    private static async Task<(RefsReader? Reader, byte[] Digest)> ReadAsync(
        PrimaryReply reply,
        LsRefsRequest? asked,
        byte[]? lastDigest,
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
        await reply.Body.ReadToEndAsync(
            bytes =>
            {
                hash.AppendData(bytes);
                kept.Write(bytes);
                if (kept.WrittenCount > MaxListing)
                {
                    throw new PrimaryException("the primary's list of refs has no end");
                }
            },
            cancellationToken
        );
        byte[] digest = hash.GetHashAndReset();
        if (lastDigest is not null && digest.AsSpan().SequenceEqual(lastDigest))
        {
            return (null, digest);
        }

        var reader = new RefsReader(asked);
        reader.Read(kept.WrittenSpan);
        return reader.IsComplete
            ? (reader, digest)
            : throw new PrimaryException(
                asked is null ? "the primary's advertisement cannot be read" : "the primary's list of refs cannot be read"
            );
    }
}
