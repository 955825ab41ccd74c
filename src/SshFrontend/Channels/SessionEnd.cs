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
    /// <summary>What git itself exits with when it dies.</summary>
    public const int Died = 128;

    /// <summary>The client has got everything.</summary>
    public static readonly SessionEnd Quiet = new(0, "");

    /// <summary>The primary's answer did not come to its end.</summary>
    public static readonly SessionEnd BrokenOff = Saying("the primary's response ended early; try again");

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
