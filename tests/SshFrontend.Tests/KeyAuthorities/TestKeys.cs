using System.Text;
using Waystation.Primaries.Ssh.Keys;
using Waystation.SshFrontend.KeyAuthorities;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

/// <summary>Public keys whose private keys do not exist any more.</summary>
internal static class TestKeys
{
    public static SshPublicKey Ed25519(byte number)
    {
        using var blob = new MemoryStream();
        SshString.Write(blob, Encoding.ASCII.GetBytes("ssh-ed25519"));
        SshString.Write(blob, Enumerable.Repeat(number, 32).ToArray());
        return SshPublicKey.TryRead(blob.ToArray(), out SshPublicKey? key) ? key : throw new InvalidOperationException();
    }

    public static KeyQuestion Question(byte number = 1) => KeyQuestion.Of(Ed25519(number));
}
