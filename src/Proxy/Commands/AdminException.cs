namespace Waystation.Proxy.Commands;

/// <summary>The node refused, or failed; the message is for the person who asked.</summary>
internal sealed class AdminException(string message) : Exception(message);
