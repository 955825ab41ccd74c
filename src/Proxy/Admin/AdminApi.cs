namespace Waystation.Proxy.Admin;

/// <summary>The places under <c>/api/v1</c> at which pages are mapped.</summary>
/// <param name="Pages">For a page that shows something: <c>/api/v1</c>.</param>
/// <param name="NodeActions">For a page that acts on the node or its farm: <c>/api/v1</c>.</param>
/// <param name="Actions">For a page that acts on a repository: <c>/api/v1/repos</c>, see <see cref="RepositoryAction"/>.</param>
internal sealed record AdminApi(IEndpointRouteBuilder Pages, IEndpointRouteBuilder NodeActions, IEndpointRouteBuilder Actions);
