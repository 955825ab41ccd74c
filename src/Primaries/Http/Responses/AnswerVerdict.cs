namespace Waystation.Primaries.Http.Responses;

/// <summary>The meaning of an upload-pack response for the credential that asked.</summary>
/// <param name="Complaint">The text of its ERR packet; null if it is no such packet.</param>
/// <param name="IsRefusal">
/// Whether it is neither a Git response nor a failure of the primary: then the credential no longer counts as accepted.
/// </param>
public sealed record AnswerVerdict(string? Complaint, bool IsRefusal);
