namespace Waystation.SshFrontend.Sshd;

/// <summary>The SSH front end cannot start on this machine; the message says how to repair it.</summary>
public sealed class SshSetupException(string message, Exception? inner = null) : Exception(message, inner);
