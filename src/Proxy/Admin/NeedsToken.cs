namespace Waystation.Proxy.Admin;

/// <summary>Marks an endpoint that is shown only to those who have the admin token, where there is one.</summary>
internal sealed class NeedsToken;
