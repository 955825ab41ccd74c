namespace Waystation.EndToEnd.Tests.Farm.Histories;

/// <summary>A clone or a fetch that succeeded, and the refs that the client has after it.</summary>
/// <param name="Reader">The client and its command, for a message.</param>
/// <param name="Repository">Its name.</param>
/// <param name="Refs">All branches with their tips.</param>
/// <param name="Begun">Before the client was started.</param>
/// <param name="Ended">After it had ended.</param>
public sealed record RecordedRead(string Reader, string Repository, IReadOnlyDictionary<string, string> Refs, long Begun, long Ended);
