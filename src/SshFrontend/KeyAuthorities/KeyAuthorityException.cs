namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>A key authority gave no usable answer. The message has no secret.</summary>
public sealed class KeyAuthorityException(string message, Exception? inner = null) : IOException(message, inner);
