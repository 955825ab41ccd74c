using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Hands a reply on to the client as it comes, read on the way.</summary>
internal static class ReplyCopy
{
    /// <summary>Copies the whole body.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="client">To whom.</param>
    /// <param name="reader">Is shown everything before the client gets it; null for nobody.</param>
    /// <param name="onComplete">Runs when the reader has read all of it, before the client has its last byte.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <returns>Whether it came to its end.</returns>
    public static async Task<bool> CopyAsync(
        PrimaryReply reply,
        ClientChannel client,
        PassingReader? reader,
        Action? onComplete,
        CancellationToken cancellationToken
    )
    {
        var end = new AnswerEnd();
        bool told = false;
        while (true)
        {
            ReadResult read = await reply.Body.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                end.Read(segment.Span);
                reader?.Read(segment.Span);
                client.Output.Write(segment.Span);
            }

            if (reader is { IsComplete: true } && !told)
            {
                told = true;
                onComplete?.Invoke();
            }

            reply.Body.AdvanceTo(read.Buffer.End);
            await client.Output.FlushAsync(cancellationToken);
            if (read.IsCompleted)
            {
                return end.IsWhole;
            }
        }
    }
}
