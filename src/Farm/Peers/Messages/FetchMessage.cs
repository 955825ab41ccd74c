using System.Buffers;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Peers;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.Farm.Peers.Messages;

/// <summary>The head of a fetch for a peer. The request follows it, written as one v2 command.</summary>
/// <param name="Call">The number under which the asking node has the call, for questions back.</param>
/// <param name="Host">The host of the repository.</param>
/// <param name="Path">The path of the repository.</param>
/// <param name="Credential">The token of the credential; null if the view alone decides.</param>
/// <param name="Pack">When the pack comes, which a v2 command cannot always say.</param>
/// <param name="Framing">The form of the client's request.</param>
/// <param name="Visibility">The objects that this primary gives by id.</param>
/// <param name="View">The digest of the view, as <see cref="ViewBytes"/> writes it.</param>
/// <param name="IsRecorded">Whether the primary must not be asked.</param>
/// <param name="AnswersOneAtATime">As the primary of the asking node says.</param>
internal sealed record FetchMessage(
    string Call,
    string Host,
    string Path,
    string? Credential,
    PackWhen Pack,
    ResponseFraming Framing,
    VisibilityRule Visibility,
    string View,
    bool IsRecorded,
    bool AnswersOneAtATime
)
{
    /// <summary>Whether only strangers want the pack at the asking node; null from a node that does not say.</summary>
    public bool? IsOfStranger { get; init; }

    public RepositoryName Repository => new(Host, Path);

    /// <summary>The head of a question.</summary>
    public static FetchMessage Of(PeerQuestion question, string call, string view) =>
        new(
            call,
            question.Repository.Host,
            question.Repository.Path,
            question.Credential?.ToToken(),
            question.Request.Pack,
            question.Framing,
            question.Visibility,
            view,
            question.IsRecorded,
            question.Primary.AnswersOneAtATime
        )
        {
            IsOfStranger = question.IsOfStranger,
        };

    /// <summary>Writes a request.</summary>
    public static ReadOnlyMemory<byte> Write(FetchRequest request)
    {
        var writer = new ArrayBufferWriter<byte>();
        FetchRequestWriter.WriteV2(writer, request, ResponseFraming.V2, agent: null, sayObjectFormat: true);
        return writer.WrittenMemory;
    }

    /// <summary>Reads a request.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static FetchRequest Read(ReadOnlyMemory<byte> bytes, PackWhen pack)
    {
        try
        {
            return CommandParser.Parse(new ReadOnlySequence<byte>(bytes)) is ParsedCommand.Fetch fetch
                ? fetch.Request with
                {
                    Pack = pack,
                }
                : throw new IOException("a peer sent a request that is no fetch");
        }
        catch (GitProtocolException e)
        {
            throw new IOException("a peer sent a request that cannot be read", e);
        }
    }
}
