using System.Diagnostics.CodeAnalysis;

namespace Waystation.GitProtocol;

/// <summary>The peer's bytes broke the protocol. Only this project throws it, and only the front ends catch it.</summary>
public sealed class GitProtocolException(ProtocolError error, string message) : Exception(message)
{
    /// <summary>The broken rule.</summary>
    public ProtocolError Error { get; } = error;

    /// <summary>Throws out of line, so that the parsers stay small.</summary>
    [DoesNotReturn]
    internal static void Throw(ProtocolError error, string message) => throw new GitProtocolException(error, message);
}
