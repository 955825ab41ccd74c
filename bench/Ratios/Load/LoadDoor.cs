namespace Waystation.Ratios.Load;

/// <summary>One way to a repository: through the node, or straight to the primary.</summary>
/// <param name="Name">For the table and for folders.</param>
/// <param name="Reading">The URL without a credential.</param>
/// <param name="Pushing">The URL with the login of a user with the right to push.</param>
internal sealed record LoadDoor(string Name, string Reading, string Pushing);
