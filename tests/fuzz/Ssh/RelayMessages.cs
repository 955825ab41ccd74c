using Waystation.SshRelay;

namespace Waystation.Fuzz.Ssh;

/// <summary>Frames between relay and node.</summary>
internal static class RelayMessages
{
    public static void Read(byte[] bytes)
    {
        for (int length = 0; length <= bytes.Length; length++)
        {
            RelayMessage? message;
            try
            {
                if (!RelayMessage.TryRead(bytes.AsSpan(0, length), out message))
                {
                    continue;
                }
            }
            catch (InvalidDataException)
            {
                return;
            }

            byte[] again = message!.ToBytes();
            FindingException.IfDifferent(
                Convert.ToHexString(bytes.AsSpan(0, length)),
                Convert.ToHexString(again),
                "a message, and the same written again"
            );
            return;
        }
    }
}
