using System.Globalization;
using System.Text;

namespace Waystation.SshRelay;

/// <summary>
/// The small program that sshd starts, in two roles:
/// <code>
///   waystation-ssh-relay keys    SOCKET TYPE KEY     AuthorizedKeysCommand: asks the node, prints its line for authorized_keys
///   waystation-ssh-relay session SOCKET TYPE KEY     forced command: hands the client's streams to the node, ends as it says
/// </code>
/// It moves no byte of a conversation: the node gets the descriptors themselves. The key comes only by argument, because the client can
/// influence the environment. It reads no file and no setting.
/// </summary>
internal static class Program
{
    private const int StandardInput = 0;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>The exit code of git when it dies.</summary>
    private const int Died = 128;

    private static int Main(string[] args)
    {
        if (args is not [("keys" or "session") and var role, var socket, var type, var key])
        {
            Say("waystation: sshd starts this program: keys|session SOCKET TYPE KEY");
            return 2;
        }

        int node = Posix.Connect(Encoding.UTF8.GetBytes(socket));
        byte[] keyType = Encoding.UTF8.GetBytes(type);
        byte[] keyBlob = Encoding.UTF8.GetBytes(key);
        return role == "keys" ? AskForLine(node, keyType, keyBlob) : HandOver(node, keyType, keyBlob);
    }

    /// <summary>An exit code other than 0 would make sshd try no further source of keys; there is none.</summary>
    private static int AskForLine(int node, byte[] type, byte[] key)
    {
        var question = new RelayMessage(RelayMessageKind.Key, type, key);
        if (
            node < 0
            || !Posix.TrySend(node, question.ToBytes(), [])
            || Receive(node) is not { Kind: RelayMessageKind.Line, Count: 1 } answer
        )
        {
            Say("waystation: the node does not answer");
            return 1;
        }

        Posix.Write(StandardOutput, answer[0]);
        return 0;
    }

    private static int HandOver(int node, byte[] type, byte[] key)
    {
        Posix.EndWithParent();
        byte[] client = Posix.Variable("SSH_CONNECTION\0"u8);
        var session = new RelayMessage(
            RelayMessageKind.Session,
            type,
            key,
            Posix.Variable("SSH_ORIGINAL_COMMAND\0"u8),
            Posix.Variable("GIT_PROTOCOL\0"u8),
            Posix.Variable("SSH_AUTH_SOCK\0"u8),
            client,
            Posix.Variable("WAYSTATION_VIA\0"u8)
        );
        if (node < 0 || !Posix.TrySend(node, session.ToBytes(), [StandardInput, StandardOutput, StandardError]))
        {
            Say("waystation: this node is not running; try again in a moment");
            return Died;
        }

        // The node has the descriptors now. When it closes one, the client must see the end of that stream.
        _ = Posix.Close(StandardInput);
        _ = Posix.Close(StandardOutput);
        if (
            Receive(node) is { Kind: RelayMessageKind.Exit, Count: 1 } exit
            && int.TryParse(exit[0], NumberStyles.None, CultureInfo.InvariantCulture, out int code)
        )
        {
            return code;
        }

        Say("waystation: the node ended during the command; try again in a moment");
        return Died;
    }

    private static RelayMessage? Receive(int node)
    {
        byte[] buffer = new byte[4096];
        int filled = 0;
        try
        {
            while (true)
            {
                int read = Posix.Read(node, buffer.AsSpan(filled));
                filled += read;
                if (RelayMessage.TryRead(buffer.AsSpan(0, filled), out RelayMessage? message) || read == 0)
                {
                    return message;
                }

                if (filled == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static void Say(string line) => Posix.Write(StandardError, Encoding.UTF8.GetBytes(line + "\n"));
}
