using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>The abilities of every client through a node, with the same result as without one.</summary>
internal sealed class ClientScenarios(Station station, ClientRow row)
{
    private const string Direct = "direct",
        Through = "through",
        Again = "again",
        OnceMore = "once-more";

    private static readonly History s_widgets = new(Seed: 31);

    public async Task CloneTwiceAsync()
    {
        PrimaryRepository repository = await NewRepositoryAsync("public");
        using ClientSession session = await ClientSession.OpenAsync(station, row);
        await session.CloneAsync(Door.Primary, repository, Direct);
        await Eventually.TrueAsync("the primary has written down a request", () => RequestsTo(repository).Any());
        Assert.All(RequestsTo(repository), request => Assert.Equal(row.Speaks == 0 ? "-" : $"version={row.Speaks}", request.GitProtocol));
        await session.ExpectAsync(Maker.Primary, repository, () => session.CloneAsync(Door.Node, repository, Through));
        await session.ExpectAsync(Maker.Node, repository, () => session.CloneAsync(Door.Node, repository, Again));
        await AssertEqualAsync(session, Direct, Through, Again);
        Assert.Equal("", (await session.StateOfAsync(Direct)).Found.WorkTree);
    }

    /// <param name="whoMakesTheSecond">The node with a mirror; without one the primary, for an answer to haves is kept only when it was
    /// asked for again.</param>
    public async Task FetchTwiceAsync(Maker whoMakesTheSecond = Maker.Node)
    {
        const string User = "alice";
        PrimaryRepository repository = await NewRepositoryAsync("private");
        using ClientSession session = await ClientSession.OpenAsync(station, row);
        await session.CloneAsync(Door.Node, repository, Direct, User);
        await session.CopyAsync(Direct, Through, Again, OnceMore);
        for (int round = 1; round <= 2; round++)
        {
            string tip = await repository.CommitAsync("main");
            await repository.CommitAsync("topic/1");
            await repository.GitAsync("update-ref", $"refs/tags/round-{round}", tip);
            await session.FetchAsync(Door.Primary, repository, Direct, User);
            await session.ExpectAsync(Maker.Primary, repository, () => session.FetchAsync(Door.Node, repository, Through, User));
            await session.ExpectAsync(whoMakesTheSecond, repository, () => session.FetchAsync(Door.Node, repository, Again, User));
            await session.ExpectAsync(Maker.Node, repository, () => session.FetchAsync(Door.Node, repository, OnceMore, User));

            foreach (string name in (string[])[Direct, Through, Again, OnceMore])
            {
                await session.Git.In(name).RunAsync("merge", "--quiet", "--ff-only", "origin/main");
                Assert.Equal(tip, await session.Git.In(name).ReadAsync("rev-parse", "HEAD"));
            }

            await AssertEqualAsync(session, Direct, Through, Again, OnceMore);
        }
    }

    public async Task CloneShallowTwiceAndDeepenAsync()
    {
        using ClientSession session = await ClientSession.OpenAsync(station, row);
        PrimaryRepository repository = await CloneShallowTwiceAsync(session);
        if (row.Shallow != Shallowness.ClonesAndDeepens)
        {
            return;
        }

        await session.FetchAsync(Door.Primary, repository, Direct, depth: 4);
        await session.FetchAsync(Door.Node, repository, Through, depth: 4);
        await session.FetchAsync(Door.Node, repository, Again, depth: 4);
        await AssertEqualAsync(session, Direct, Through, Again);
        Assert.NotEqual("1", await session.Git.In(Direct).ReadAsync("rev-list", "--count", "HEAD"));
    }

    /// <summary>The same pushes into two equal repositories, straight to the one, through the node to the other.</summary>
    public async Task PushTwiceAsync()
    {
        const string User = "alice";
        PrimaryRepository direct = await NewRepositoryAsync("private"),
            through = await NewRepositoryAsync("private");
        using ClientSession session = await ClientSession.OpenAsync(station, row);
        await session.CloneAsync(Door.Primary, direct, Direct, User);
        await session.CloneAsync(Door.Node, through, Through, User);
        await session.CloneAsync(Door.Node, through, Again, User);
        for (int round = 1; round <= 2; round++)
        {
            await CommitAsync(session.Git.In(Direct), round);
            await CommitAsync(session.Git.In(Through), round);
            await session.PushAsync(Door.Primary, direct, Direct, User);
            await session.PushAsync(Door.Node, through, Through, User);
            string tip = await session.Git.In(Through).ReadAsync("rev-parse", "main");
            Assert.Equal(tip, await through.ResolveAsync("main"));
            Assert.Equal(await StateOfAsync(direct), await StateOfAsync(through));

            await session.FetchAsync(Door.Node, through, Again, User);
            Assert.Equal(tip, await session.Git.In(Again).ReadAsync("rev-parse", "origin/main"));
        }
    }

    /// <summary>The cache is warm and the ticket of another user is alive: neither lets anybody in.</summary>
    public async Task BeRefusedAsync()
    {
        PrimaryRepository repository = await NewRepositoryAsync("private");
        using ClientSession session = await ClientSession.OpenAsync(station, row);
        await session.CloneAsync(Door.Node, repository, "warm", "bob");
        int packs = repository.PacksMade;
        foreach (string? user in (string?[])[null, "mallory"])
        {
            foreach (Door door in Enum.GetValues<Door>())
            {
                await ExpectRefusalAsync(
                    repository,
                    "git-upload-pack",
                    () => session.TryCloneAsync(door, repository, $"{door}-{user}", user)
                );
            }
        }

        Assert.Equal(packs, repository.PacksMade);
        string before = await repository.ResolveAsync("main");
        await CommitAsync(session.Git.In("warm"), 1);
        foreach (Door door in Enum.GetValues<Door>())
        {
            await ExpectRefusalAsync(repository, "git-receive-pack", () => session.TryPushAsync(door, repository, "warm", "bob"));
        }

        Assert.Equal(before, await repository.ResolveAsync("main"));
    }

    private async Task<PrimaryRepository> CloneShallowTwiceAsync(ClientSession session)
    {
        PrimaryRepository repository = await NewRepositoryAsync("public");
        await session.CloneAsync(Door.Primary, repository, Direct, depth: 1);
        await session.ExpectAsync(Maker.Primary, repository, () => session.CloneAsync(Door.Node, repository, Through, depth: 1));
        await session.ExpectAsync(Maker.Node, repository, () => session.CloneAsync(Door.Node, repository, Again, depth: 1));
        await AssertEqualAsync(session, Direct, Through, Again);
        Assert.Equal("1", await session.Git.In(Direct).ReadAsync("rev-list", "--count", "HEAD"));
        return repository;
    }

    /// <summary>The client fails, and because the primary said no: it did not trip over its own feet.</summary>
    private async Task ExpectRefusalAsync(PrimaryRepository repository, string service, Func<Task<CommandResult>> act)
    {
        int before = Refusals();
        CommandResult result = await act();
        Assert.True(result.ExitCode != 0, result.ToString());
        await Eventually.TrueAsync("the primary has refused", () => Refusals() > before);

        int Refusals() =>
            RequestsTo(repository)
                .Count(request => request.Status is 401 or 403 && request.Query.Contains(service, StringComparison.Ordinal));
    }

    private static async Task AssertEqualAsync(ClientSession session, string expected, params IEnumerable<string> others)
    {
        ClientState state = await session.StateOfAsync(expected);
        foreach (string other in others)
        {
            state.MustEqual(await session.StateOfAsync(other));
        }
    }

    private static async Task<(string Refs, string Reachable)> StateOfAsync(PrimaryRepository repository)
    {
        await repository.GitAsync("fsck", "--strict");
        return ((await repository.GitAsync("for-each-ref")).Output, (await repository.GitAsync("rev-list", "--objects", "--all")).Output);
    }

    private static async Task CommitAsync(GitClient clone, int round)
    {
        await File.WriteAllTextAsync(Path.Combine(clone.Folder, $"pushed-{round}.txt"), $"round {round}\n");
        await clone.RunAsync("add", ".");
        await clone.RunAsync("commit", "--quiet", "--message", $"Round {round}");
    }

    private Task<PrimaryRepository> NewRepositoryAsync(string visibility) =>
        station.Primary.CreateAsync($"{visibility}/{Guid.NewGuid():n}.git", s_widgets);

    private IEnumerable<PrimaryRequest> RequestsTo(PrimaryRepository repository) =>
        station.Primary.Requests.Where(request => request.Path.StartsWith("/" + repository.Name, StringComparison.Ordinal));
}
