using System.Buffers;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.PktLines;

namespace Waystation.SshFrontend.Channels;

/// <summary>How a session ends for the client where the primary did not answer it: what is said, and the exit code.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="ErrorText">For the client's standard error, line feeds included; perhaps empty.</param>
/// <param name="Packet">For its standard output, where the primary said ERR.</param>
internal sealed record SessionEnd(int ExitCode, string ErrorText, ReadOnlyMemory<byte> Packet = default)
{
    /// <summary>What git itself exits with when it dies.</summary>
    public const int Died = 128;

    /// <summary>All is said.</summary>
    public static readonly SessionEnd Quiet = new(0, "");

    /// <summary>The primary's answer did not come to its end.</summary>
    public static readonly SessionEnd BrokenOff = Saying("the primary's answer broke off; try again");

    /// <summary>It cannot go on; one line says why.</summary>
    public static SessionEnd Saying(string line) => new(Died, $"waystation: {line}\n");

    /// <summary>The primary did not answer.</summary>
    public static SessionEnd Failed(Exception failure) => new(Died, TroubleText.Of("the primary", failure) + "\n");

    /// <summary>It cannot go on, and what is said on that goes out in Git's own protocol.</summary>
    public static SessionEnd Complaining(string text)
    {
        var packet = new ArrayBufferWriter<byte>();
        PktLineWriter.WriteError(packet, text.TrimEnd('\n'));
        return new SessionEnd(Died, "", packet.WrittenMemory);
    }
}
