using System.Buffers;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.PktLines;

namespace Waystation.SshFrontend.Channels;

/// <summary>The end of a session without a response of the primary: its messages and its exit code.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="ErrorText">The text for the client's standard error, with line feeds; may be empty.</param>
/// <param name="Packet">The packet for its standard output, if there is an ERR packet.</param>
internal sealed record SessionEnd(int ExitCode, string ErrorText, ReadOnlyMemory<byte> Packet = default)
{
    /// <summary>The exit code of forges for a command that is not Git's.</summary>
    private const int Refused = 1;

    /// <summary>The exit code of git when it dies.</summary>
    public const int Died = 128;

    /// <summary>The client has got everything.</summary>
    public static readonly SessionEnd Quiet = new(0, "");

    /// <summary>The primary's response ended early.</summary>
    public static readonly SessionEnd BrokenOff = Saying("the primary's response ended early; try again");

    /// <summary>The path climbs, and the node reaches the primary over HTTP: HTTP has no such path.</summary>
    public static readonly SessionEnd NoSuchPath = Refusing("the primary has no such path over HTTP");

    /// <summary>The node does not run the command; one line says why.</summary>
    public static SessionEnd Refusing(string line) => new(Refused, $"waystation: {line}\n");

    /// <summary>The session cannot go on; one line says why.</summary>
    public static SessionEnd Saying(string line) => new(Died, $"waystation: {line}\n");

    /// <summary>The primary did not answer.</summary>
    public static SessionEnd Failed(Exception failure) => new(Died, TroubleText.Of("the primary", failure) + "\n");

    /// <summary>The session cannot go on; an ERR packet says why.</summary>
    public static SessionEnd Complaining(string text)
    {
        var packet = new ArrayBufferWriter<byte>();
        PktLineWriter.WriteError(packet, text.TrimEnd('\n'));
        return new SessionEnd(Died, "", packet.WrittenMemory);
    }
}
