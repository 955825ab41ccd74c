using System.Globalization;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A network of its own for clients (ip-netns(8)), with one cable to this machine. It has the addresses of one family or of both. It needs
/// root; the cable goes with it.
/// </summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private static int s_number;

    private readonly string _name;

    private NetworkNamespace(string name) => _name = name;

    /// <summary>This machine's end of the cable; null without IPv4.</summary>
    public string? HostV4 { get; private init; }

    /// <summary>This machine's end of the cable; null without IPv6.</summary>
    public string? HostV6 { get; private init; }

    public static async Task<NetworkNamespace> CreateAsync(bool hasV4, bool hasV6)
    {
        int process = Environment.ProcessId;
        int number = Interlocked.Increment(ref s_number);
        // Names of network cards have 15 letters at most. The networks are those for tests between devices (RFC 2544) and a local one.
        string name = $"wst{process % 100_000}n{number}";
        string v4 = $"198.{18 + (process & 1)}.{(process >> 1) & 255}";
        string v6 = string.Create(CultureInfo.InvariantCulture, $"fdc5:{process & 0xffff:x}:{number:x}");
        int first = (number % 60) * 4;
        var made = new NetworkNamespace(name) { HostV4 = hasV4 ? $"{v4}.{first + 1}" : null, HostV6 = hasV6 ? $"{v6}::1" : null };
        await Ip("netns", "add", name);
        try
        {
            await Ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
            if (hasV4)
            {
                await Ip("addr", "add", $"{made.HostV4}/30", "dev", name);
                await Ip("-n", name, "addr", "add", $"{v4}.{first + 2}/30", "dev", "eth0");
            }

            if (hasV6)
            {
                await Ip("addr", "add", $"{made.HostV6}/64", "dev", name, "nodad");
                await Ip("-n", name, "addr", "add", $"{v6}::2/64", "dev", "eth0", "nodad");
            }
            else
            {
                await made.In(new Command("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")).MustRunAsync();
            }

            await Ip("link", "set", name, "up");
            await Ip("-n", name, "link", "set", "eth0", "up");
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>The command, in this network.</summary>
    public Command In(Command command) =>
        command with
        {
            Program = "ip",
            Arguments = ["netns", "exec", _name, command.Program, .. command.Arguments],
        };

    public async ValueTask DisposeAsync() => await new Command("ip", "netns", "delete", _name).RunAsync();

    private static Task<CommandResult> Ip(params string[] arguments) => new Command("ip", arguments).MustRunAsync();
}
