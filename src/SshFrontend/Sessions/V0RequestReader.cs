using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Memory;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Reads the client's side of a v0 or v1 conversation: its needs, then round by round its haves.</summary>
/// <param name="input">The client's bytes.</param>
/// <param name="version">0 or 1.</param>
/// <param name="format">The object format of the repository.</param>
/// <param name="share">The memory of the request.</param>
/// <param name="now">Returns the present timestamp.</param>
internal sealed class V0RequestReader(PipeReader input, int version, ObjectFormat format, MemoryShare share, Func<long> now)
{
    /// <summary>The time when the first bytes of the last request came.</summary>
    public long Begun { get; private set; } = now();

    /// <summary>The needs, and their bytes; null if the client wants nothing or has left.</summary>
    /// <exception cref="GitProtocolException">They cannot be read.</exception>
    /// <exception cref="RequestMemoryFullException">There is no room for them.</exception>
    public async Task<(ParsedCommand Needs, ReadOnlyMemory<byte> Said)?> ReadNeedsAsync(CancellationToken cancellationToken)
    {
        long scanned = 0;
        ReadResult read = await ReadFirstAsync(cancellationToken);
        while (true)
        {
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (FetchRequestV0Parser.TryReadNeeds(ref buffer, ref scanned, version, format, out ParsedCommand? needs))
            {
                byte[] said = read.Buffer.Slice(0, buffer.Start).ToArray();
                input.AdvanceTo(buffer.Start);
                return needs is null ? null : (needs, said);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }

            share.GrowTo(buffer.Length * (1 + RequestCost.ParsedByte));
            read = await input.ReadAsync(cancellationToken);
        }
    }

    /// <summary>Takes one more round; false if the client has left.</summary>
    /// <exception cref="GitProtocolException">It cannot be read.</exception>
    /// <exception cref="RequestMemoryFullException">There is no room for it.</exception>
    public async Task<bool> ReadRoundAsync(V0Rounds rounds, CancellationToken cancellationToken)
    {
        long scanned = 0,
            said = rounds.Needs.Length * (1 + RequestCost.ParsedByte);
        ReadResult read = await ReadFirstAsync(cancellationToken);
        while (true)
        {
            ReadOnlySequence<byte> buffer = read.Buffer;
            bool isWhole = FetchRequestV0Parser.TryReadRound(ref buffer, ref scanned, format, rounds.Haves, out bool done);
            input.AdvanceTo(buffer.Start, isWhole ? buffer.Start : buffer.End);
            if (isWhole || read.IsCompleted)
            {
                share.GrowTo(said + (rounds.Haves.Count * RequestCost.ParsedId));
                rounds.Done = done;
                return isWhole;
            }

            share.GrowTo(said + (rounds.Haves.Count * RequestCost.ParsedId) + (buffer.Length * (1 + RequestCost.ParsedByte)));
            read = await input.ReadAsync(cancellationToken);
        }
    }

    private async ValueTask<ReadResult> ReadFirstAsync(CancellationToken cancellationToken)
    {
        ReadResult read = await input.ReadAsync(cancellationToken);
        Begun = now();
        return read;
    }
}
