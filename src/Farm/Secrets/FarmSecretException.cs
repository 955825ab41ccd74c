namespace Waystation.Farm.Secrets;

/// <summary>The secret of the farm cannot be used. The message says what is accepted.</summary>
public sealed class FarmSecretException(string message, Exception? inner = null) : Exception(message, inner);
