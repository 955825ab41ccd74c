namespace Waystation.Proxy.Admin;

/// <summary>Marks an endpoint that needs the admin token, if there is a token.</summary>
internal sealed class NeedsToken;
