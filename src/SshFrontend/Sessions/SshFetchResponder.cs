using System.Diagnostics;
using Waystation.FetchCore;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Takes one fetch to the core and writes its answer to the client.</summary>
internal sealed class SshFetchResponder(FetchResponder responder)
{
    /// <summary>The name of this front end in records of fetches.</summary>
    private const string Door = "ssh";

    /// <summary>The memory of all requests.</summary>
    public RequestMemory Memory => responder.Memory;

    /// <summary>The timestamp of the beginning of a request.</summary>
    public long Now => responder.Observer.Now;

    /// <summary>A fetch begins, for its record.</summary>
    /// <param name="call">The client's upload-pack.</param>
    /// <param name="begun">The beginning of the request (<see cref="Now"/>).</param>
    /// <param name="cancellationToken">The client's.</param>
    public ObservedFetch Begin(UploadPackCall call, long begun, CancellationToken cancellationToken) =>
        responder.Observer.Begin(Door, call.Repository, call.Upstream.Credential, begun, cancellationToken, call.Client.Address);

    /// <summary>The answer of the core; nothing of it is written yet.</summary>
    public Task<FetchAnswer> AskAsync(FetchCall call, CancellationToken cancellationToken) => responder.AskAsync(call, cancellationToken);

    /// <summary>Serves the fetch, or says that the primary must.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FetchResponseEnd> RespondAsync(FetchCall call, ClientChannel client, CancellationToken cancellationToken) =>
        await AnswerAsync(call, await AskAsync(call, cancellationToken), client, cancellationToken);

    /// <summary>Writes an answer, or says that the primary must.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="answer">The answer, disposed here.</param>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FetchResponseEnd> AnswerAsync(
        FetchCall call,
        FetchAnswer answer,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        switch (answer)
        {
            case FetchAnswer.Pack pack:
                await using (pack.Reader)
                {
                    return await SendAsync(call, pack, client, cancellationToken);
                }

            case FetchAnswer.Round round:
                await FetchResponder.SendRoundAsync(call, round, client.Output, cancellationToken);
                return new FetchResponseEnd.Served(IsPack: false);
            case FetchAnswer.Busy busy:
                return new FetchResponseEnd.Over(EndOf(busy));
            case FetchAnswer.Relay relay:
                return new FetchResponseEnd.Relay(relay.Reply);
            case FetchAnswer.Unreachable unreachable:
                return new FetchResponseEnd.Over(SessionEnd.Failed(unreachable.Cause));
            case FetchAnswer.Forward:
                return new FetchResponseEnd.Forward();
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>The end of a session whose client must come again.</summary>
    public static SessionEnd EndOf(FetchAnswer.Busy busy) => SessionEnd.Complaining(TroubleText.OfBusyNode(busy.RetryAfter));

    /// <summary>Passes the primary's response on, and notes how that ended.</summary>
    /// <param name="observed">The fetch, for its record.</param>
    /// <param name="client">The client.</param>
    /// <param name="pass">Passes it on; returns null if the conversation goes on.</param>
    public static async Task<SessionEnd?> PassAsync(ObservedFetch observed, ClientChannel client, Func<Task<SessionEnd?>> pass)
    {
        client.Passing = observed;
        try
        {
            SessionEnd? end = await pass();
            observed.Ended(
                end is null or { ExitCode: 0 } ? FetchEnd.Whole
                : end == SessionEnd.BrokenOff ? FetchEnd.Broken
                : FetchEnd.Refused
            );
            return end;
        }
        catch (PrimaryException e)
        {
            observed.Ended(FetchEnd.Unreachable, e.Message);
            throw;
        }
        finally
        {
            client.Passing = null;
        }
    }

    private async Task<FetchResponseEnd> SendAsync(
        FetchCall call,
        FetchAnswer.Pack answer,
        ClientChannel client,
        CancellationToken cancellationToken
    ) =>
        await responder.SendAsync(call, answer, client.Output, cancellationToken) switch
        {
            FetchEnd.Whole => new FetchResponseEnd.Served(IsPack: true),
            FetchEnd.ErrorTold => new FetchResponseEnd.Over(new SessionEnd(SessionEnd.Died, "")),
            FetchEnd.ClientGone => throw new OperationCanceledException("the client has left", cancellationToken),
            // The bytes that have left must not end as if they were whole. So the stream ends here, with an error.
            _ => new FetchResponseEnd.Over(SessionEnd.Saying("the pack ended early; try again")),
        };
}
