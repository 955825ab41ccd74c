using System.Text;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Agents;
using Waystation.Primaries.Ssh.Keys;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.SshFrontend.Sessions;

namespace Waystation.Fuzz.Ssh;

/// <summary>What clients, agents and key authorities send over SSH. The first byte says which of these follows.</summary>
internal static class SshTexts
{
    private static readonly Action<byte[]>[] s_readers = [Command, Key, Agent, Authority, List];

    public static void Read(byte[] bytes)
    {
        if (bytes is [var first, .. var rest])
        {
            s_readers[first % s_readers.Length](rest);
        }
    }

    private static void Command(byte[] bytes)
    {
        if (!GitCommandLine.TryParse(Encoding.UTF8.GetString(bytes), out GitCommandLine? line))
        {
            return;
        }

        // What goes to a shell at the primary must be read there as what was read here.
        string again = $"{line.Service} {ShellQuote.Word(line.Path)}{string.Concat(line.Arguments.Select(static one => " " + one))}";
        FindingException.IfDifferent(true, GitCommandLine.TryParse(again, out GitCommandLine? same), again);
        FindingException.IfDifferent(
            (line.Service, line.Path, string.Join(' ', line.Arguments)),
            (same!.Service, same.Path, string.Join(' ', same.Arguments)),
            again
        );
    }

    private static void Key(byte[] bytes)
    {
        if (SshPublicKey.TryRead(bytes, out SshPublicKey? key))
        {
            FindingException.IfDifferent(true, SshPublicKey.TryParse(key.ToString(), out SshPublicKey? same) && same.Equals(key), "a key");
        }

        _ = SshPublicKey.TryParse(Encoding.UTF8.GetString(bytes), out _);
    }

    private static void Agent(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        byte[]? message;
        try
        {
            message = AgentMessage.ReadAsync(stream, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (IOException)
        {
            return;
        }

        if (message is null)
        {
            return;
        }

        if (AgentMessage.TryReadLogin(message, out SshPublicKey? key))
        {
            _ = AgentMessage.WithFirst(message, key);
        }
        else if (SshPublicKey.TryRead(bytes.AsSpan(4 + message.Length), out key))
        {
            _ = AgentMessage.WithFirst(message, key);
        }
    }

    private static void Authority(byte[] bytes) => Refusing(() => CredentialParser.Parse(bytes));

    private static void List(byte[] bytes) => Refusing(() => KeyList.Parse(bytes));

    private static void Refusing(Func<object?> read)
    {
        try
        {
            _ = read();
        }
        catch (KeyAuthorityException)
        {
            // Refused, in words for the operator.
        }
    }
}
