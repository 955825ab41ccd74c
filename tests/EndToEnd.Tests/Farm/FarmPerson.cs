using Waystation.EndToEnd.Tests.Farm.Histories;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>A person who clones, fetches and pushes through a balancer or one node, and records all of it.</summary>
internal sealed class FarmPerson
{
    private readonly FarmHistory _history;
    private readonly FarmClock _clock;
    private readonly string _name;
    private readonly GitClient _git;
    private readonly Func<PrimaryRepository, string> _address;
    private readonly int? _node;
    private readonly int _version;
    private readonly bool _pushes;

    private FarmPerson(
        FarmHistory history,
        FarmClock clock,
        string name,
        GitClient git,
        int version,
        Func<PrimaryRepository, string> address,
        int? node,
        bool pushes
    )
    {
        (_history, _clock, _name, _git) = (history, clock, name, (git with { Timeout = TimeSpan.FromSeconds(60) }).Speaking(version));
        (_version, _address, _node, _pushes) = (version, address, node, pushes);
    }

    /// <summary>Each protocol version and both front ends, at the balancer and at single nodes.</summary>
    public static IReadOnlyList<FarmPerson> All(FarmStation station, FarmHistory history, FarmClock clock)
    {
        return
        [
            OverHttp("alice", 2, node: null),
            OverHttp("bob", 0, node: null),
            OverSsh("alice", 2, node: null),
            OverHttp("alice", 1, node: 0),
            OverHttp("bob", 2, node: 1),
            OverSsh("bob", 0, node: 2),
        ];

        FarmPerson OverHttp(string user, int version, int? node)
        {
            string name = $"{user}-http-v{version}-at-{node?.ToString() ?? "balancer"}";
            Uri server = node is { } at ? station.Nodes[at].Url : station.Balancer.Url;
            return New(name, station.NewClient(name), user, version, repository => server.To(repository, user).AbsoluteUri, node);
        }

        FarmPerson OverSsh(string user, int version, int? node)
        {
            string name = $"{user}-ssh-v{version}-at-{node?.ToString() ?? "balancer"}";
            string server = node is { } at ? station.Nodes[at].Ssh : station.Balancer.Ssh;
            GitClient git = station.NewClient(name, user, server);
            return New(name, git, user, version, repository => FarmStation.SshAddressOf(server, repository), node);
        }

        FarmPerson New(string name, GitClient git, string user, int version, Func<PrimaryRepository, string> address, int? node) =>
            new(history, clock, name, git, version, address, node, user == "alice");
    }

    public async Task WorkAsync(Random random, IReadOnlyList<PrimaryRepository> repositories, CancellationToken over)
    {
        var clones = new Dictionary<PrimaryRepository, string>();
        for (int round = 0; !over.IsCancellationRequested; round++)
        {
            PrimaryRepository repository = repositories[random.Next(repositories.Count)];
            int choice = random.Next(10);
            if (choice >= 2 && clones.TryGetValue(repository, out string? clone))
            {
                await (
                    _pushes && choice >= 7
                        ? PushAsync(_git.In(clone), repository, $"{_name}, round {round}")
                        : ReadAsync(_git.In(clone), repository, ["fetch", "--quiet", "--prune"], _git.In(clone))
                );
                continue;
            }

            string name = $"clone{round}";
            string[] depth = choice == 1 ? ["--depth", "1", "--no-single-branch"] : [];
            if (await ReadAsync(_git, repository, ["clone", "--quiet", .. depth, _address(repository), name], _git.In(name)) && choice != 1)
            {
                clones[repository] = name;
            }
        }
    }

    private async Task<bool> ReadAsync(GitClient git, PrimaryRepository repository, string[] command, GitClient clone)
    {
        long begun = _clock.Now;
        CommandResult result = await git.TryAsync(command);
        long ended = _clock.Now;
        if (result.ExitCode != 0)
        {
            _history.Add(new RecordedFailure($"{_name}: {result.Command}", _node, _version, result.Error, begun, ended));
            return false;
        }

        const string Remote = "refs/remotes/origin/";
        string refs = await clone.ReadAsync("for-each-ref", "--format=%(refname) %(objectname)", Remote);
        await clone.RunAsync("fsck", "--full", "--no-progress", "--no-dangling");
        _history.Add(
            new RecordedRead(
                $"{_name}: {result.Command}",
                repository.Name,
                refs.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(static line => line.Split(' '))
                    .Where(static fields => fields[0] != Remote + "HEAD")
                    .ToDictionary(static fields => "refs/heads/" + fields[0][Remote.Length..], static fields => fields[1]),
                begun,
                ended
            )
        );
        return true;
    }

    private async Task PushAsync(GitClient clone, PrimaryRepository repository, string message)
    {
        await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", message);
        string tip = await clone.ReadAsync("rev-parse", "HEAD");
        long begun = _clock.Now;
        // By force, because a push that failed may have arrived.
        CommandResult result = await clone.TryAsync("push", "--quiet", "--force", "origin", $"HEAD:refs/heads/push/{_name}");
        long ended = _clock.Now;
        _history.Add(new RecordedWrite(repository.Name, $"refs/heads/push/{_name}", tip, begun, ended, result.ExitCode == 0));
        if (result.ExitCode != 0)
        {
            _history.Add(new RecordedFailure($"{_name}: {result.Command}", _node, _version, result.Error, begun, ended));
        }
    }
}
