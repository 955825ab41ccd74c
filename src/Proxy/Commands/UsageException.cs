namespace Waystation.Proxy.Commands;

/// <summary>The command line cannot be followed; the message is for the user of the command.</summary>
internal sealed class UsageException(string message) : Exception(message);
