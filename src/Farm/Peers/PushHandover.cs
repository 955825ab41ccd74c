using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers.Frames;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Pushes;
using Waystation.GitProtocol.Objects;

namespace Waystation.Farm.Peers;

/// <summary>Hands pushes that pass through this node to the node that keeps the mirror.</summary>
internal sealed class PushHandover(FarmPeers peers, IFarmNodes nodes, PeerClient client, PeerMeters meters, TimeProvider time) : IPushKeeper
{
    internal const string Operation = "push";

    private static readonly TimeSpan s_pulse = TimeSpan.FromSeconds(1);

    /// <summary>The keeper checks a whole push before it answers; it shows every second that it is alive.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    /// <summary>As long as a credential is held.</summary>
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(10);

    public bool TryHandOver(
        RepositoryName repository,
        Func<CancellationToken, Task<IncomingPack?>> arrive,
        Func<ObjectFormat> format,
        [NotNullWhen(true)] out Task<bool>? taking
    )
    {
        taking =
            peers.KeeperOf(repository) is { } keeper && keeper.Name != nodes.Self.Name
                ? HandOverAsync(keeper, repository, arrive, format)
                : null;
        return taking is not null;
    }

    private async Task<bool> HandOverAsync(
        FarmNode keeper,
        RepositoryName repository,
        Func<CancellationToken, Task<IncomingPack?>> arrive,
        Func<ObjectFormat> format
    )
    {
        using var limit = new CancellationTokenSource(s_most, time);
        bool isTaken = false;
        try
        {
            await using PeerResponse? response = await client.SendAsync(
                keeper,
                Operation,
                async (writer, token) =>
                {
                    await writer.WriteHeadAsync(new PushMessage(repository.Host, repository.Path), token);
                    await writer.FlushAsync(token);
                    await WriteAsync(writer, arrive(token), format, token);
                },
                s_patience,
                limit.Token
            );
            isTaken = response is not null && (await response.Body.ReadHeadAsync<PushReplyMessage>(limit.Token)).IsTaken;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The next fetch brings the mirror up to date.
        }

        meters.HandedOver(isTaken);
        return isTaken;
    }

    private static async Task WriteAsync(
        SealedWriter writer,
        Task<IncomingPack?> arriving,
        Func<ObjectFormat> format,
        CancellationToken cancellationToken
    )
    {
        while (await Task.WhenAny(arriving, Task.Delay(s_pulse, cancellationToken)) != arriving)
        {
            await writer.PulseAsync(cancellationToken);
        }

        if (await arriving is not { } push)
        {
            await writer.WriteHeadAsync(new PushContentMessage(IsTaken: false), cancellationToken);
            return;
        }

        await writer.WriteHeadAsync(
            new PushContentMessage(
                IsTaken: true,
                format(),
                [.. push.Tips.Select(static id => id.ToString())],
                [.. push.Gone],
                push.Pack is not null
            ),
            cancellationToken
        );
        await writer.WritePieceAsync(ViewBytes.Write(push.View), cancellationToken);
        if (push.Pack is not null)
        {
            await push.Pack.CopyToAsync(writer, SealedWriter.MaxContent, cancellationToken);
        }
    }
}
