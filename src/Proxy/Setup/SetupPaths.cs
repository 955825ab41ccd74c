namespace Waystation.Proxy.Setup;

/// <summary>What is written, and how.</summary>
/// <param name="Configuration">The file of settings, an absolute path. Files with secrets are beside it.</param>
/// <param name="Unit">The unit of systemd, an absolute path.</param>
/// <param name="Account">The account that the node runs as; null for the usual one.</param>
/// <param name="AcceptsHostKeys">Whether the host keys that the primary shows now are taken without a question.</param>
/// <param name="IsForced">Whether settings are written that a check finds wrong.</param>
internal sealed record SetupPaths(string Configuration, string Unit, string? Account, bool AcceptsHostKeys, bool IsForced);
