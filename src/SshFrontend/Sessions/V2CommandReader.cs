using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Memory;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Requests;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Reads the commands of a v2 conversation one after the other (gitprotocol-v2, Command Request).</summary>
/// <param name="input">The client's bytes.</param>
/// <param name="share">The memory of the command.</param>
/// <param name="now">The moment.</param>
internal sealed class V2CommandReader(PipeReader input, MemoryShare share, Func<long> now)
{
    /// <summary>The last command as it came.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>When its first bytes came.</summary>
    public long Begun { get; private set; }

    /// <summary>The client left in the middle of a command.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The next command; null at the end of the conversation.</summary>
    /// <exception cref="GitProtocolException">It cannot be read.</exception>
    /// <exception cref="RequestMemoryFullException">There is no room for it.</exception>
    public async Task<ParsedCommand?> ReadAsync(CancellationToken cancellationToken)
    {
        long scanned = 0;
        ReadResult read = await input.ReadAsync(cancellationToken);
        Begun = now();
        while (true)
        {
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (CommandParser.TryReadCommand(ref buffer, ref scanned, out ParsedCommand? command))
            {
                Bytes = read.Buffer.Slice(0, buffer.Start).ToArray();
                input.AdvanceTo(buffer.Start);
                if (command is not null)
                {
                    share.ShrinkTo(Bytes.Length + (command is ParsedCommand.Fetch fetch ? RequestCost.Parsed(fetch.Request) : 0));
                }

                return command;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                IsCut = !buffer.IsEmpty;
                return null;
            }

            // The share covers the bytes, and the request that is parsed from them.
            share.GrowTo(buffer.Length * (1 + RequestCost.ParsedByte));
            read = await input.ReadAsync(cancellationToken);
        }
    }
}
