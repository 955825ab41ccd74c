namespace Waystation.Proxy.Admin;

/// <summary>Marks an endpoint that needs a token, if there is one.</summary>
/// <param name="Grant">The least that the token must allow.</param>
internal sealed record NeedsToken(AdminGrant Grant);
