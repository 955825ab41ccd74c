using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Pushes;

namespace Waystation.SshFrontend.Pushes;

/// <summary>The primary's response to a push.</summary>
internal static class PushReport
{
    /// <summary>Hands the report of the primary on to the client, and shows it to the watch before.</summary>
    public static async Task CopyAsync(PipeReader from, PipeWriter to, PushWatch? push, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await from.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                push?.Read(segment.Span);
                to.Write(segment.Span);
            }

            from.AdvanceTo(read.Buffer.End);
            await to.FlushAsync(cancellationToken);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
