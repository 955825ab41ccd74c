namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>A response that ended before its pack did.</summary>
/// <param name="Reason">The reason, for the log.</param>
/// <param name="SourceError">The last message of the source (sideband 3); null if there is none.</param>
internal sealed record PackBreak(string Reason, string? SourceError = null);
