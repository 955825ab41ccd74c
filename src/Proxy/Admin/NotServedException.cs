namespace Waystation.Proxy.Admin;

/// <summary>The node has no service credential for a repository, or the operator has not selected it.</summary>
internal sealed class NotServedException(string message) : Exception(message);
