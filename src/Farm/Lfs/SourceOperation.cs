using Waystation.Farm.Peers;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// Another node downloads an object through this one, because this node alone can: it has the user's login, or the object itself. The
/// permission is a number that this node gave to that node, or a URL that is still good.
/// </summary>
internal sealed class SourceOperation(OpenSources sources, LfsService lfs) : IPeerOperation
{
    internal const string Operation = "lfs-source";

    public string Name => Operation;

    public async Task RunAsync(PeerCall call, CancellationToken cancellationToken)
    {
        SourceMessage message = await call.Request.ReadHeadAsync<SourceMessage>(cancellationToken);
        ILfsSource? source = message switch
        {
            { Call: { } number } => sources.Find(number, call.From.Name),
            { Target: { } target } => await lfs.FindSourceAsync(target, cancellationToken),
            _ => null,
        };
        await call.ReplyAsync(
            async (output, token) =>
            {
                if (source is null)
                {
                    return LfsRefusals.SourceIsOver;
                }

                var sink = new PipedSink(output, token);
                await source.FillAsync(sink);
                return sink.Refusal;
            },
            cancellationToken
        );
    }
}
