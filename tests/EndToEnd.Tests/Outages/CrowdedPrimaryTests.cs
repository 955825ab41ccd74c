using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>A primary with more to do than it can at a time is slow, and not down.</summary>
public sealed class CrowdedPrimaryTests : IAsyncLifetime
{
    private const int Workers = 3;
    private const int Crowd = 24;

    private static readonly TimeSpan s_pack = TimeSpan.FromSeconds(1.5);

    private ApachePrimary? _primary;
    private WaystationNode? _node;

    public async Task InitializeAsync()
    {
        _primary = await ApachePrimary.StartAsync(Workers);
        _node = await WaystationNode.StartAsync(
            _primary.Url,
            new NodeSettings { Options = ["--Mirrors:MaxSize", "0", "--Primaries:0:AnswerWithin", "00:00:04"] }
        );
    }

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }
    }

    /// <summary>
    /// The last of them are answered after twelve seconds. The node looks at the primary after five, and its look waits behind them as
    /// well, for longer than an answer may take.
    /// </summary>
    [Fact]
    public async Task Requests_WaitAsLongAsThePrimaryNeeds_WhileItAnswersOthers()
    {
        PrimaryRepository repository = await _primary!.CreateAsync("public/crowded.git", new History(Seed: 86) { Commits = Crowd + 2 });
        string tip = await repository.ResolveAsync("refs/heads/main");
        Uri url = _node!.UrlOf(repository);
        RawAnswer[] answers;
        using (repository.SlowPacks(s_pack))
        {
            answers = await Task.WhenAll(
                Enumerable
                    .Range(2, Crowd)
                    .Select(depth => RawConnection.AskAsync(_node.Url, UploadPack.Post(url, UploadPack.Fetch([tip], $"deepen {depth}"))))
            );
        }

        Assert.All(answers, static answer => Assert.Equal(200, answer.Status));
        Assert.Equal(Crowd, repository.PacksMade);
        Assert.Equal(0, (await _node.MetricsAsync()).Sum("waystation_outage"));
    }
}
