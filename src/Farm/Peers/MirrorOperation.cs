using Waystation.CacheStore.Mirrors;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Requests;

namespace Waystation.Farm.Peers;

/// <summary>Another node has a mirror that this node keeps, and compares it.</summary>
internal sealed class MirrorOperation(MirrorSet mirrors) : IPeerOperation
{
    internal const string Operation = "mirror";

    public string Name => Operation;

    public async Task RunAsync(PeerCall call, CancellationToken cancellationToken)
    {
        MirrorMessage message = await call.Request.ReadHeadAsync<MirrorMessage>(cancellationToken);
        if (mirrors.Find(message.Repository) is not { } mirror)
        {
            await call.Response.WriteHeadAsync(new MirrorReplyMessage(HasMirror: false, IsSame: false), cancellationToken);
            return;
        }

        MirrorRefs refs = mirror.Refs;
        bool isSame = refs.ToDigest().AsSpan().SequenceEqual(message.Refs);
        await call.Response.WriteHeadAsync(new MirrorReplyMessage(HasMirror: true, isSame), cancellationToken);
        if (!isSame)
        {
            var view = new AccessView([new RefListing(LsRefsRequest.All(mirror.ObjectFormat), [.. refs.Tips])]);
            await call.Response.WritePieceAsync(ViewBytes.Write(view), cancellationToken);
        }
    }
}
