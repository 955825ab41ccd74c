namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>The primary could not be reached, or went away before it replied.</summary>
public class PrimaryException(string message, Exception? inner = null) : IOException(message, inner);
