using System.Buffers;
using System.IO.Pipelines;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Hands an answer of the primary on to the client as it comes.</summary>
internal static class ReplyCopy
{
    /// <summary>Copies the whole body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <returns>Whether it came to its end.</returns>
    public static async Task<bool> CopyAsync(PipeReader body, ClientChannel client, CancellationToken cancellationToken)
    {
        var end = new AnswerEnd();
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                end.Read(segment.Span);
                client.Output.Write(segment.Span);
            }

            body.AdvanceTo(read.Buffer.End);
            await client.Output.FlushAsync(cancellationToken);
            if (read.IsCompleted)
            {
                return end.IsWhole;
            }
        }
    }
}
