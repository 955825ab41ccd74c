using Waystation.CacheStore.Lfs;
using Waystation.Farm.Peers;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// Another node asks for an object. It has the primary's permission for its client. Equal requests of all nodes meet in one download of
/// this node, from the source that the first one named.
/// </summary>
internal sealed class ObjectOperation(LfsStore store, ObjectPeers peers, ILfsSources sources) : IPeerOperation
{
    public string Name => ObjectPeers.Operation;

    public async Task RunAsync(PeerCall call, CancellationToken cancellationToken)
    {
        ObjectMessage message = await call.Request.ReadHeadAsync<ObjectMessage>(cancellationToken);
        LfsObject asked = message.ToObject();
        if (message.Wish == ObjectWish.Tell)
        {
            await TellAsync(call, store.Contains(asked), cancellationToken);
            return;
        }

        await using LfsReading? reading = Open(call, message, asked);
        if (reading is null)
        {
            await TellAsync(call, hasObject: false, cancellationToken);
        }
        else if (message.Wish == ObjectWish.Take)
        {
            await TellAsync(call, await call.PulseUntilAsync(reading.EndAsync(cancellationToken), cancellationToken), cancellationToken);
        }
        else
        {
            await call.ReplyAsync(
                async (output, token) =>
                {
                    LfsRefusal? refusal = await reading.WaitAsync(token);
                    if (refusal is null)
                    {
                        await reading.CopyToAsync(output, 0, asked.Size, token);
                    }

                    return refusal;
                },
                cancellationToken
            );
        }
    }

    private static ValueTask TellAsync(PeerCall call, bool hasObject, CancellationToken cancellationToken) =>
        call.Response.WriteHeadAsync(new ObjectReplyMessage(hasObject), cancellationToken);

    private LfsReading? Open(PeerCall call, ObjectMessage message, LfsObject asked)
    {
        if (message.Wish == ObjectWish.SendStored || !store.IsOn)
        {
            return store.TryOpenStored(message.Repository, asked, message.IsOfStranger);
        }

        ILfsSource? source =
            message is { Source: { } parts, Credential: { } token } && Credential.TryParseToken(token, out Credential credential)
                ? sources.Of(message.Repository, credential, parts)
            : message.Call is { } number ? peers.SourceOf(call.From, number)
            : null;
        if (source is null)
        {
            return store.TryOpenStored(message.Repository, asked, message.IsOfStranger);
        }

        if (message.Wish == ObjectWish.Send)
        {
            source = peers.AsKeeper(message.Repository, asked, source, call.From.Name);
        }

        return store.Open(message.Repository, asked, source.FillAsync, message.IsOfStranger);
    }
}
