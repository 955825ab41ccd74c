using System.Net;
using Waystation.CacheStore;
using Waystation.Farm.Nodes;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// Gets objects from other nodes by the URLs that those nodes signed, as the client would. The URL is the permission, so nothing else of
/// the client goes along.
/// </summary>
internal sealed class ObjectPeers(IFarmNodes nodes) : IObjectPeers, IDisposable
{
    /// <summary>A node that is there accepts a connection in a moment.</summary>
    private static readonly TimeSpan s_connect = TimeSpan.FromSeconds(1);

    private readonly HttpMessageInvoker _http = new(
        new SocketsHttpHandler
        {
            ConnectTimeout = s_connect,
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        }
    );

    /// <inheritdoc />
    public ILfsSource? SourceAt(string node, RepositoryName repository, LfsObject asked, string target) =>
        nodes.Find(node) is { } found
        && Uri.TryCreate(
            found.Url.GetLeftPart(UriPartial.Authority) + target,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true },
            out Uri? url
        )
            ? new PeerLfsSource(_http, node, url)
            : null;

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();
}
