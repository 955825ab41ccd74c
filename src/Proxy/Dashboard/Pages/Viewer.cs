namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>The operator before the page. Components of Razor are public, and so is everything that they are given.</summary>
/// <param name="MayAct">Whether the operator may change something. Without this right a page has no buttons.</param>
/// <param name="IsLoggedIn">Whether there is a session to end.</param>
/// <param name="FormField">The name of the hidden field against forged forms.</param>
/// <param name="FormToken">The content of that field.</param>
/// <param name="Now">The time that the page is of.</param>
public sealed record Viewer(bool MayAct, bool IsLoggedIn, string FormField, string FormToken, DateTimeOffset Now);
