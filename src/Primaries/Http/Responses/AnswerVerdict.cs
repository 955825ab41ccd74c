namespace Waystation.Primaries.Http.Responses;

/// <summary>What an answer of upload-pack says of the credential that asked.</summary>
/// <param name="Complaint">The text of its ERR packet; null where it is no such packet.</param>
/// <param name="IsRefusal">
/// It is not Git's success, and not a failure of the primary's either: the credential may not be taken for accepted any more.
/// </param>
public sealed record AnswerVerdict(string? Complaint, bool IsRefusal);
