namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>A response that ended before its pack did.</summary>
/// <param name="Reason">Why, for the log.</param>
/// <param name="SourceError">The source's own last words (sideband 3); null where it said none.</param>
internal sealed record PackBreak(string Reason, string? SourceError = null);
