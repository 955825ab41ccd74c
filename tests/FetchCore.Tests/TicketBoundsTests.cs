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

    private Credential Of(string user) => _digester.Digest([new("user", user)]);
}
