using System.Text;
using Waystation.EndToEnd.Tests.BadInput;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>
/// SSH sessions hold no more memory than requests over HTTP: all together stay within one budget, whichever way the primary is reached, and
/// what a storm took is given back after it.
/// </summary>
public sealed class MemoryTests(MemoryTests.Stations stations) : IClassFixture<MemoryTests.Stations>
{
    /// <summary>A command that ends, of ten sessions; the largest is as large as a request may be over HTTP.</summary>
    private const int Haves = 300_000;

    private const int Sessions = 40;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Way.Agent, 2)]
    [InlineData(Way.Agent, 0)]
    [InlineData(Way.KeyAuthority, 2)]
    [InlineData(Way.KeyAuthority, 0)]
    public Task TenFetchesWithManyHaves_StayWithinTheBudget(Way way, int version) =>
        StormAsync(
            way,
            async (person, station, repository) =>
            {
                string tip = await repository.ResolveAsync("refs/heads/main");
                byte[][] bodies =
                [
                    .. Enumerable
                        .Range(1, 10)
                        .Select(seed =>
                            Encoding.ASCII.GetBytes(
                                Head(version, tip)
                                    + MemoryStorm.Haves(seed, Haves)
                                    + UploadPack.Line("done\n")
                                    + (version == 2 ? "0000" : "")
                            )
                        ),
                ];
                await Task.WhenAll(bodies.Select(body => SendAsync(person, station, version, Command(repository), body)));
            }
        );

    [Theory]
    [InlineData(Way.Agent, 2)]
    [InlineData(Way.KeyAuthority, 0)]
    public Task ManyRequestsThatDoNotEnd_StayWithinTheBudget(Way way, int version) =>
        StormAsync(
            way,
            async (person, station, repository) =>
            {
                string tip = await repository.ResolveAsync("refs/heads/main");
                await HoldAsync(
                    person,
                    station,
                    version,
                    Command(repository),
                    Encoding.ASCII.GetBytes(Head(version, tip) + MemoryStorm.Haves(1, 160_000))
                );
            }
        );

    /// <summary>Where the primary is reached by HTTP, what a push changes is read before the request begins.</summary>
    [Theory]
    [InlineData(Way.Agent)]
    [InlineData(Way.KeyAuthority)]
    public Task ManyPushesThatDoNotEnd_StayWithinTheBudget(Way way) =>
        StormAsync(
            way,
            async (person, station, repository) =>
            {
                string line = UploadPack.Line($"{new string('0', 40)} {new string('1', 40)} refs/heads/{new string('n', 900)}\n");
                await HoldAsync(
                    person,
                    station,
                    0,
                    $"git-receive-pack '{repository.Name}'",
                    Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, (12 << 20) / line.Length)))
                );
            }
        );

    private static string Command(PrimaryRepository repository) => $"git-upload-pack '{repository.Name}'";

    private static string Head(int version, string tip) =>
        version == 2
            ? UploadPack.Line("command=fetch")
                + UploadPack.Line("object-format=sha1")
                + "0001"
                + UploadPack.Line("ofs-delta")
                + UploadPack.Line($"want {tip}\n")
            : UploadPack.Line($"want {tip} multi_ack_detailed no-done side-band-64k ofs-delta\n") + "0000";

    private async Task StormAsync(Way way, Func<SshPerson, SshStation, PrimaryRepository, Task> storm)
    {
        SshStation station = stations.Of(way);
        PrimaryRepository repository = await station.Web.CreateAsync($"private/{Guid.NewGuid():n}.git", new History(Seed: 80));
        using SshPerson alice = way == Way.Agent ? await station.PersonAsync(station.Alice) : station.PersonWithoutAgent(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", "--bare", station.AddressOf(repository), "before");
        await alice.Git.Speaking(0).RunAsync("clone", "--quiet", "--bare", station.AddressOf(repository), "before too");
        await Eventually.TrueAsync("there is a mirror", async () => (await station.Node.MetricsAsync()).Sum("waystation_mirrors") >= 1);
        await MemoryStorm.RunAsync(station.Node, () => storm(alice, station, repository));
        Assert.True(station.Node.IsRunning);
        await alice.Git.RunAsync("clone", "--quiet", "--bare", station.AddressOf(repository), "after");
    }

    /// <summary>Sends so much in many sessions, and ends none before all of it has been taken or its session was ended.</summary>
    private static async Task HoldAsync(SshPerson person, SshStation station, int version, string command, byte[] body)
    {
        var over = new TaskCompletionSource();
        int held = 0;
        Task[] sessions =
        [
            .. Enumerable
                .Range(1, Sessions)
                .Select(async _ =>
                {
                    bool isCounted = false;
                    await SendAsync(
                        person,
                        station,
                        version,
                        command,
                        body,
                        async () =>
                        {
                            isCounted = true;
                            Interlocked.Increment(ref held);
                            await over.Task;
                        }
                    );
                    if (!isCounted)
                    {
                        Interlocked.Increment(ref held);
                    }
                }),
        ];
        try
        {
            await Eventually.TrueAsync("all is sent", () => Volatile.Read(ref held) == Sessions, s_patience);
        }
        finally
        {
            over.SetResult();
            await Task.WhenAll(sessions);
        }
    }

    private static Task<CommandResult> SendAsync(
        SshPerson person,
        SshStation station,
        int version,
        string command,
        byte[] body,
        Func<Task>? then = null
    ) =>
        (
            person.User.Ssh(station.Node.Ssh, version > 0 ? ["-o", $"SetEnv=GIT_PROTOCOL=version={version}", command] : [command]) with
            {
                Timeout = s_patience + s_patience,
                Input = async stream =>
                {
                    await stream.WriteAsync(body);
                    await stream.FlushAsync();
                    if (then is not null)
                    {
                        await then();
                    }
                },
            }
        ).RunAsync();

    /// <summary>How the primary is asked.</summary>
    public enum Way
    {
        Agent,
        KeyAuthority,
    }

    /// <summary>A node for each way.</summary>
    public sealed class Stations : IAsyncLifetime
    {
        private readonly SshStation _agent = new();
        private readonly KeyAuthorityStation _authority = new();

        public SshStation Of(Way way) => way == Way.Agent ? _agent : _authority.Inner;

        public async Task InitializeAsync()
        {
            await _agent.InitializeAsync();
            await _authority.InitializeAsync();
        }

        public async Task DisposeAsync()
        {
            await _agent.DisposeAsync();
            await _authority.DisposeAsync();
        }
    }
}
