using Waystation.Farm.Nodes;
using Waystation.Farm.Redis;
using Waystation.Farm.Tests.Redis;
using Waystation.TestKit.Logging;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Nodes;

/// <summary>A node with its registry, in this process.</summary>
internal sealed class RegisteredNode : IAsyncDisposable
{
    private RegisteredNode(SharingNode sharing) => Sharing = sharing;

    public SharingNode Sharing { get; }

    public NodeRegistry Registry { get; private set; } = null!;

    public RecordedLog<NodeRegistry> Log { get; } = new();

    public static Task<RegisteredNode> StartAsync(
        RedisServer redis,
        string name,
        string folder,
        bool needsApproval = false,
        string[]? secrets = null,
        TimeSpan? lifetime = null
    ) => StartAsync(new RedisTarget(redis.Address), name, folder, needsApproval, secrets, lifetime);

    public static async Task<RegisteredNode> StartAsync(
        RedisTarget target,
        string name,
        string folder,
        bool needsApproval = false,
        string[]? secrets = null,
        TimeSpan? lifetime = null
    )
    {
        RegisteredNode? node = null;
        SharingNode sharing = SharingNode.Start(
            target,
            name,
            secrets,
            prepare: sharing =>
            {
                sharing.Standing.IsMember = false;
                node = new RegisteredNode(sharing);
                node.Registry = new NodeRegistry(
                    new OwnNode(name, new Uri($"https://{name}.example.com/"), "1.0", needsApproval, folder),
                    new NodeTimes(TimeSpan.FromMilliseconds(200), lifetime ?? TimeSpan.FromSeconds(2)),
                    sharing.Redis,
                    sharing.Secrets,
                    sharing.Announcements,
                    sharing.Standing,
                    TimeProvider.System,
                    node.Log
                );
            }
        );
        await node!.Registry.StartAsync(CancellationToken.None);
        return node;
    }

    public string StateOf(string name) => Registry.List().FirstOrDefault(one => one.Name == name)?.State ?? "unknown";

    public IEnumerable<string> MemberNames() => Registry.Members.Select(static one => one.Name).Order(StringComparer.Ordinal);

    public Task SeesAsync(string name, string state) =>
        Eventually.TrueAsync($"{Registry.Self.Name} sees {name} {state}", () => StateOf(name) == state);

    public Task HasMembersAsync(params string[] names) =>
        Eventually.TrueAsync(
            $"{Registry.Self.Name} has the members {string.Join(' ', names)}",
            () => MemberNames().SequenceEqual(names, StringComparer.Ordinal)
        );

    /// <summary>Ends it as a host does.</summary>
    public async Task StopAsync()
    {
        await Registry.StopAsync(CancellationToken.None);
        await Sharing.Announcements.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await Sharing.DisposeAsync();
    }
}
