using System.IO.Pipelines;
using Waystation.FetchCore.Primaries;

namespace Waystation.Farm.Peers;

/// <summary>A reply that came from another node.</summary>
/// <param name="response">The node's response, read up to the body.</param>
/// <param name="askedAt">When this node asked, which is before the primary was asked.</param>
/// <param name="whenDone">Called when the reply is disposed.</param>
internal sealed class PeerReply(PeerResponse response, long askedAt, Action? whenDone = null) : PrimaryReply
{
    private readonly PipeReader _body = PipeReader.Create(
        response.Body,
        new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true)
    );

    public override bool IsAnswer => Said;

    public override bool IsRefusal => Refused;

    public override string? Complaint => Complained;

    public override long AskedAt => askedAt;

    public override PipeReader Body => _body;

    public required bool Said { get; init; }

    public bool Refused { get; init; }

    public string? Complained { get; init; }

    public override async ValueTask DisposeAsync()
    {
        await _body.CompleteAsync();
        await response.DisposeAsync();
        whenDone?.Invoke();
    }
}
