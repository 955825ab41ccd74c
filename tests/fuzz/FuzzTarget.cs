namespace Waystation.Fuzz;

/// <summary>
/// A reader of bytes that come from outside. It may refuse the bytes. Any exception that leaves <see cref="Read"/> is a finding.
/// </summary>
/// <param name="Name">The name, also of the folder of its corpus.</param>
/// <param name="Read">Reads the bytes, and checks what came of it.</param>
public sealed record FuzzTarget(string Name, Action<byte[]> Read)
{
    /// <inheritdoc />
    public override string ToString() => Name;
}
