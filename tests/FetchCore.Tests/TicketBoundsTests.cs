using System.Diagnostics;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

/// <summary>The memory that strangers can make the tickets take, and the tickets that they can displace.</summary>
public sealed class TicketBoundsTests
{
    private static readonly RepositoryName s_public = new("git.example.com", "public.git");
    private static readonly TicketBounds s_bounds = new()
    {
        Tickets = 100,
        Established = 40,
        Refusals = 50,
        Bytes = 1 << 20,
    };

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly AccessTickets _tickets;

    public TicketBoundsTests() => _tickets = new AccessTickets(_time, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10), s_bounds);

    private static LsRefsRequest All => LsRefsRequest.All(ObjectFormat.Sha1);

    [Fact]
    public void Refusals_PushOutNobodyWhoWasAccepted()
    {
        Show(CoreFixture.Repository, "alice");
        for (int i = 0; i < 1_000; i++)
        {
            _time.Turn(TimeSpan.FromMilliseconds(1));
            _tickets.Refuse(CoreFixture.Repository, Of($"guess {i}"));
        }

        Assert.NotNull(_tickets.FindRecorded(CoreFixture.Repository, Of("alice")));
        Assert.Equal(1 + s_bounds.Refusals, _tickets.Count);

        // A client that asks now is believed, even if older answers are forgotten.
        _time.Turn(TimeSpan.FromMilliseconds(1));
        Show(CoreFixture.Repository, "bob");
        Assert.NotNull(_tickets.Find(CoreFixture.Repository, Of("bob")));
    }

    [Fact]
    public void Strangers_PushOutNobodyOfAnotherRepository()
    {
        Show(CoreFixture.Repository, "alice");
        ShowStrangers(1_000);
        Assert.NotNull(_tickets.FindRecorded(CoreFixture.Repository, Of("alice")));
        Assert.Equal(s_bounds.Tickets, _tickets.Count);
    }

    [Fact]
    public void Strangers_PushOutNobodyWhoComesAgain()
    {
        Show(s_public, "alice");
        _time.Turn(TimeSpan.FromSeconds(2));
        Show(s_public, "alice");
        ShowStrangers(1_000);
        Assert.NotNull(_tickets.FindRecorded(s_public, Of("alice")));

        // Nor do clients that come as often as alice does.
        for (int i = 0; i < 200; i++)
        {
            Show(s_public, $"again {i}");
        }

        _time.Turn(TimeSpan.FromSeconds(2));
        for (int i = 0; i < 200; i++)
        {
            Show(s_public, $"again {i}");
        }

        Assert.NotNull(_tickets.FindRecorded(s_public, Of("alice")));
        Assert.Equal(s_bounds.Tickets, _tickets.Count);
    }

    [Fact]
    public void Bytes_AreBounded_PrefixesIncluded()
    {
        Show(CoreFixture.Repository, "alice");
        string[] longest = [.. Enumerable.Range(0, 8).Select(static i => $"{i}{new string('x', (LsRefsRequest.MaxPrefixBytes / 8) - 1)}")];
        for (int i = 0; i < 1_000; i++)
        {
            var listing = new RefListing(All with { RefPrefixes = [$"{i}", .. longest] }, []);
            _tickets.RecordRefs(s_public, Of($"stranger {i % 50}"), listing, _tickets.Now);
            Assert.InRange(_tickets.Bytes, 0, s_bounds.Bytes);
        }

        Assert.NotNull(_tickets.FindRecorded(CoreFixture.Repository, Of("alice")));
    }

    [Fact]
    public void Bytes_AreBounded_CapabilitiesIncluded()
    {
        for (int i = 0; i < 100; i++)
        {
            byte[] line = [.. System.Text.Encoding.ASCII.GetBytes($"{60_004:x4}{i:D8}"), .. new byte[59_992]];
            byte[] said = [.. "000eversion 2\n"u8, .. line, .. "0000"u8];
            Assert.True(CapabilityAdvertisement.TryParse(said, out CapabilityAdvertisement? capabilities));
            _tickets.Accept(s_public, Of($"stranger {i}"), capabilities, _tickets.Now);
            Assert.InRange(_tickets.Bytes, 0, s_bounds.Bytes);
        }
    }

    [Fact]
    public void Bytes_AreGivenBack_WhenWhatHoldsThemIsOver()
    {
        ShowStrangers(60);
        Assert.NotEqual(0, _tickets.Bytes);
        _time.Turn(TimeSpan.FromMinutes(11));
        _tickets.RecordRefs(s_public, Of("bob"), new RefListing(All, []), _tickets.Now);
        _tickets.Refuse(s_public, Of("bob"));
        Assert.Equal(0, _tickets.Bytes);
    }

    [Fact]
    public void ManyPrefixes_OfManyRefs_AreComparedInOnePass()
    {
        RefTip[] tips = [.. Enumerable.Range(0, 100_000).Select(static i => Tip($"refs/heads/{i:D6}"))];
        LsRefsRequest heads = All with { RefPrefixes = ["refs/heads/"] };
        var tickets = new AccessTickets(_time, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
        long begun = Stopwatch.GetTimestamp();
        for (int round = 0; round < 15; round++)
        {
            IEnumerable<string> names = Enumerable.Range(0, LsRefsRequest.MaxPrefixes - 1).Select(i => $"refs/heads/{round:D2}{i:D3}");
            string[] prefixes = [.. names, "refs/heads/"];
            _time.Turn(TimeSpan.FromMilliseconds(1));
            tickets.RecordRefs(s_public, Of("alice"), new RefListing(All with { RefPrefixes = prefixes }, tips), tickets.Now);
        }

        Assert.True(tickets.Find(s_public, Of("alice"))!.Shows([CoreFixture.Id(1)]));
        Assert.Equal(tips.Length, tickets.FindRecorded(s_public, Of("alice"))!.Answer(heads)!.Listing.Tips.Count);

        // One by one these would be two thousand million comparisons.
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void CrawlerOverManyRepositories_PushesOutItself()
    {
        // A busy repository has more newcomers than any that the crawler asks for.
        for (int i = 0; i < 40; i++)
        {
            Show(CoreFixture.Repository, $"job {i}");
        }

        foreach (string crawler in (string[])["", "crawler"])
        {
            for (int round = 0; round < 3; round++)
            {
                Crawl(crawler, 1_000);
            }
        }

        Assert.All(Enumerable.Range(0, 40), i => Assert.NotNull(_tickets.FindRecorded(CoreFixture.Repository, Of($"job {i}"))));
        Assert.InRange(_tickets.Count, s_bounds.Tickets / 2, s_bounds.Tickets);
    }

    [Fact]
    public void CrawlerThatComesAgain_TakesNoPlaceOfThoseThatDo()
    {
        Crawl("crawler", 90);
        _time.Turn(TimeSpan.FromSeconds(2));
        Crawl("crawler", 90);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 30; i++)
            {
                Show(CoreFixture.Repository, $"job {i}");
            }

            _time.Turn(TimeSpan.FromSeconds(2));
        }

        ShowStrangers(1_000);
        Assert.All(Enumerable.Range(0, 30), i => Assert.NotNull(_tickets.FindRecorded(CoreFixture.Repository, Of($"job {i}"))));
    }

    [Fact]
    public void ClientsWithoutALogin_FromAnyNumberOfAddresses_PushOutNobodyElse()
    {
        for (int i = 0; i < 45; i++)
        {
            Show(CoreFixture.Repository, $"job {i}");
        }

        for (int i = 0; i < 2_000; i++)
        {
            _time.Turn(TimeSpan.FromMilliseconds(1));
            Credential address = _digester.Digest([], _ => [new("address", $"192.0.2.{i % 500}")]);
            var repository = new RepositoryName("git.example.com", $"public/{i % 700}.git");
            _tickets.RecordRefs(repository, address, new RefListing(All, [Tip("refs/heads/main")]), _tickets.Now);
        }

        Assert.All(Enumerable.Range(0, 45), i => Assert.NotNull(_tickets.FindRecorded(CoreFixture.Repository, Of($"job {i}"))));
    }

    [Fact]
    public void ListingsOfACrawler_PushOutItsOwn()
    {
        // The largest repository of all, in memory, and its clients came once.
        RefTip[] tips = [.. Enumerable.Range(0, 2_000).Select(static i => Tip($"refs/heads/{i:D6}"))];
        _tickets.RecordRefs(CoreFixture.Repository, Of("alice"), new RefListing(All, tips), _tickets.Now);
        for (int i = 0; i < 80; i++)
        {
            _time.Turn(TimeSpan.FromMilliseconds(1));
            RefTip[] some = [.. Enumerable.Range(0, 200).Select(number => Tip($"refs/heads/{i:D6}/{number:D6}"))];
            var repository = new RepositoryName("git.example.com", $"public/{i}.git");
            _tickets.RecordRefs(repository, Of("crawler"), new RefListing(All, some), _tickets.Now);
            Assert.InRange(_tickets.Bytes, 0, s_bounds.Bytes);
        }

        Assert.NotNull(_tickets.Find(CoreFixture.Repository, Of("alice")));
        Assert.NotNull(_tickets.Find(new RepositoryName("git.example.com", "public/79.git"), Of("crawler")));
    }

    private void Crawl(string crawler, int repositories)
    {
        for (int i = 0; i < repositories; i++)
        {
            _time.Turn(TimeSpan.FromMilliseconds(1));
            Show(new RepositoryName("git.example.com", $"public/{i}.git"), crawler);
        }
    }

    private void Show(RepositoryName repository, string user) =>
        _tickets.RecordRefs(repository, Of(user), new RefListing(All, [Tip("refs/heads/main")]), _tickets.Now);

    private void ShowStrangers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _time.Turn(TimeSpan.FromMilliseconds(1));
            Show(s_public, $"stranger {i}");
        }
    }

    private static RefTip Tip(string name) => new(name, CoreFixture.Id(1), null, null);

    private Credential Of(string user) => _digester.Digest(user.Length > 0 ? [new("user", user)] : []);
}
