using System.Net;
using Waystation.Primaries;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// Counts the commands that run for SSH clients, in all and by client address. With agents any key may log in, so strangers can begin
/// sessions, and each one costs two processes of sshd.
/// </summary>
internal sealed class SessionBounds(int max, int maxPerAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _count;

    /// <summary>Begins a session. <see cref="End"/> must follow if there was no refusal.</summary>
    /// <returns>The line for the user; null if the session may begin.</returns>
    public string? Begin(IPAddress? client)
    {
        IPAddress counted = Counted(client);
        lock (_lock)
        {
            int own = _byAddress.GetValueOrDefault(counted);
            if (maxPerAddress > 0 && own >= maxPerAddress)
            {
                return $"{client} has too many sessions here; try again in a moment";
            }

            if (_count >= max)
            {
                return "too many sessions are open here; try again in a moment";
            }

            _count++;
            _byAddress[counted] = own + 1;
            return null;
        }
    }

    public void End(IPAddress? client)
    {
        IPAddress counted = Counted(client);
        lock (_lock)
        {
            _count--;
            if (--_byAddress[counted] is 0)
            {
                _byAddress.Remove(counted);
            }
        }
    }

    private static IPAddress Counted(IPAddress? client) => client is null ? IPAddress.None : ClientNetworks.Counted(client);
}
