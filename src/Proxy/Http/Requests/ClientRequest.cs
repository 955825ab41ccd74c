using System.Net;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Headers;

namespace Waystation.Proxy.Http.Requests;

/// <summary>One client request, with what the door has found out about it.</summary>
internal sealed record ClientRequest(HttpContext Context, Primary Primary, GitRequest Git, RepositoryName Repository, Credential Credential)
{
    /// <summary>This front end, as records of fetches name it.</summary>
    public const string Door = "http";

    /// <summary>The version that the client speaks; null where readers may differ on that.</summary>
    public int? ProtocolVersion => VersionOf(Context.Request.Headers);

    /// <summary>
    /// The version that <c>Git-Protocol</c> asks for. Null where a server may read another: of several fields, CGI makes one line and
    /// others take the first or the last; and <c>Git_Protocol</c> is to CGI the same name.
    /// </summary>
    public static int? VersionOf(IHeaderDictionary headers) =>
        headers["Git-Protocol"] switch
        {
            _ when ClientHeaders.HasDoubles(headers) => null,
            { Count: > 1 } => null,
            var said => GitProtocol.ProtocolVersion.Of(said),
        };

    /// <summary>In whose name the primary is asked for this client; also after this request.</summary>
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

    /// <summary>Settles the ticket where the primary's answer refuses it.</summary>
    public void NoteRefusal(HttpResponseMessage response, AccessTickets tickets)
    {
        if (!HttpPrimaryReply.IsRefused(response))
        {
            return;
        }

        if (Git.Service == GitService.ReceivePack && IsOfPushingAlone(response.StatusCode))
        {
            tickets.Doubt(Repository, Credential, tickets.Now);
        }
        else
        {
            tickets.Refuse(Repository, Credential, tickets.Now);
        }
    }

    /// <summary>
    /// The challenge with which each push begins, or that somebody may not push: neither says that he may not read. That a credential is
    /// wrong, or that there is no such repository for it, holds for reading as well.
    /// </summary>
    private bool IsOfPushingAlone(HttpStatusCode status) =>
        status == HttpStatusCode.Forbidden || (status == HttpStatusCode.Unauthorized && Credential.IsAnonymous);
}
