using System.Net;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Headers;

namespace Waystation.Proxy.Http.Requests;

/// <summary>One client request, with the facts that the front end has found.</summary>
internal sealed record ClientRequest(HttpContext Context, Primary Primary, GitRequest Git, RepositoryName Repository, Credential Credential)
{
    /// <summary>The name of this front end in records of fetches.</summary>
    public const string Door = "http";

    /// <summary>The version that the client speaks; null if servers may read it differently.</summary>
    public int? ProtocolVersion => VersionOf(Context.Request.Headers);

    /// <summary>
    /// The version that <c>Git-Protocol</c> asks for. Null if servers may read it differently: CGI joins several fields to one line, other
    /// servers take the first or the last; for CGI <c>Git_Protocol</c> is the same name; and a field that
    /// <c>Connection</c> names does not go on.
    /// </summary>
    public static int? VersionOf(IHeaderDictionary headers) =>
        headers["Git-Protocol"] switch
        {
            _ when ClientHeaders.MayBeReadOtherwise(headers) => null,
            { Count: > 1 } => null,
            var said => GitProtocol.ProtocolVersion.Of(said),
        };

    /// <summary>Asks the primary in the name of this client, also after this request.</summary>
    public HttpAsker Asker() =>
        new(
            Primary.Http,
            Repository,
            Credential,
            Git.Target,
            Git.UploadPackTarget,
            Git.InfoRefsTarget,
            ClientHeaders.EndToEnd(Context.Request)
        );

    /// <summary>Ends the ticket if the primary's response refuses it.</summary>
    public void NoteRefusal(HttpResponseMessage response, AccessTickets tickets)
    {
        if (!HttpPrimaryReply.IsRefused(response))
        {
            return;
        }

        if (Git.Service == GitService.ReceivePack && IsOfPushingAlone(response.StatusCode))
        {
            tickets.Doubt(Repository, Credential);
        }
        else
        {
            tickets.Refuse(Repository, Credential);
        }
    }

    /// <summary>
    /// The challenge with which each push begins, and the refusal of a push: neither refuses reading. A wrong credential, and a repository
    /// that does not exist for it, concern reading as well.
    /// </summary>
    private bool IsOfPushingAlone(HttpStatusCode status) =>
        status == HttpStatusCode.Forbidden || (status == HttpStatusCode.Unauthorized && Credential.IsAnonymous);
}
