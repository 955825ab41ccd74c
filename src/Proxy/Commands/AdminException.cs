namespace Waystation.Proxy.Commands;

/// <summary>The node refused or failed; the message is for the user of the command.</summary>
internal sealed class AdminException(string message) : Exception(message);
