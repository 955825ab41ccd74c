namespace Waystation.EndToEnd.Tests.Farm.Histories;

/// <summary>A ref was moved at the primary. Each ref has one writer, which makes one write after the other.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Ref">Such as <c>refs/heads/main</c>.</param>
/// <param name="Tip">The new value.</param>
/// <param name="Begun">The earliest moment at which the primary may have had it.</param>
/// <param name="Ended">The moment at which the writer was told.</param>
/// <param name="IsAcknowledged">False if the write failed: then the primary may have it or not.</param>
public sealed record RecordedWrite(string Repository, string Ref, string Tip, long Begun, long Ended, bool IsAcknowledged);
