namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>A key authority gave no answer that can be used; the message holds no secret.</summary>
public sealed class KeyAuthorityException(string message, Exception? inner = null) : IOException(message, inner);
