using System.IO.Pipelines;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers.Frames;

namespace Waystation.Farm.Peers;

/// <summary>One thing that another node may ask.</summary>
internal interface IPeerOperation
{
    /// <summary>The last segment of its path.</summary>
    string Name { get; }

    /// <summary>Answers. An <see cref="IOException"/> breaks the response off.</summary>
    Task RunAsync(PeerCall call, CancellationToken cancellationToken);
}

/// <summary>A request of another node.</summary>
/// <param name="From">The node.</param>
/// <param name="Request">What it sends.</param>
/// <param name="Response">The response; its last frame is the endpoint's to write.</param>
internal sealed record PeerCall(FarmNode From, SealedReader Request, SealedWriter Response)
{
    private static readonly TimeSpan s_pulse = TimeSpan.FromSeconds(1);

    /// <summary>Waits for work, and shows the asking node that this one is alive.</summary>
    public async Task<T> PulseUntilAsync<T>(Task<T> work, CancellationToken cancellationToken)
    {
        while (await Task.WhenAny(work, Task.Delay(s_pulse, cancellationToken)) != work)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Response.PulseAsync(cancellationToken);
        }

        return await work;
    }

    /// <summary>Sends a body as it comes, and shows every second that this node is alive while nothing comes.</summary>
    public async Task CopyAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await PulseUntilAsync(body.ReadAsync(cancellationToken).AsTask(), cancellationToken);
            foreach (ReadOnlyMemory<byte> piece in read.Buffer)
            {
                await Response.WriteAsync(piece, cancellationToken);
            }

            await Response.FlushAsync(cancellationToken);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
