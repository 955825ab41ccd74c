using System.Text;
using Waystation.CacheStore;
using Waystation.Farm.Announcements;
using Waystation.Farm.Lfs;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;
using Waystation.Farm.Tests.Lfs;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Tests;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Farm.Tests.Tickets;

/// <summary>The tickets of one node of a farm.</summary>
internal sealed class TicketNode : IDisposable
{
    public const string Secret = "the-first-secret-of-this-farm-0123456789";

    public static readonly RepositoryName Repository = new("git.example.com", "team/tool.git");

    public static readonly TicketTimes Times = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));

    private readonly RefusalOutbox _outbox;
    private readonly TicketExchange _exchange;

    private readonly MediumNode? _at;

    public TicketNode(Medium medium, string name, ManualTime? time = null, params string[] secrets)
        : this(medium.Join(name), name, time ?? new ManualTime(), secrets) { }

    /// <summary>At a real Redis.</summary>
    public TicketNode(ISharedValues values, IAnnouncements announcements, string name, ManualTime time, params string[] secrets)
    {
        Time = time;
        var keys = new FarmSecrets(secrets.Length > 0 ? secrets : [Secret]);
        Digester = new CredentialDigester(keys.Key("credentials"));
        var order = new RefusalOrder();
        _outbox = new RefusalOutbox(announcements, order, keys, Time);
        _exchange = new TicketExchange(values, announcements, order, _outbox, keys, Times, Time);
        Tickets = new AccessTickets(Time, Times.Lifetime, Times.ServeFor, _exchange);
        _ = new TicketHearing(Tickets, order, announcements, keys);
        var sources = new LfsExchangeTests.Sources();
        var terms = new LfsTerms(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10));
        var exchange = new LfsExchange(values, announcements, order, new FarmOptions { Name = name }, terms, Time);
        Lfs = new LfsElsewhere(exchange, sources, Tickets, sources);
    }

    private TicketNode(MediumNode at, string name, ManualTime time, string[] secrets)
        : this(at, at, name, time, secrets) => _at = at;

    public ManualTime Time { get; }

    public MediumNode At => _at ?? throw new InvalidOperationException("this node is at a real Redis");

    public AccessTickets Tickets { get; }

    public LfsElsewhere Lfs { get; }

    public CredentialDigester Digester { get; }

    /// <summary>The primary shows a branch to a user through this node.</summary>
    public void Show(string user, int id = 1, string branch = "refs/heads/main") =>
        Tickets.RecordRefs(Repository, Of(user), Listing(id, branch), Tickets.Now);

    public void Accept(string user, string capability = "fetch=shallow")
    {
        string said = $"000eversion 2\n{capability.Length + 4:x4}{capability}0000";
        Assert.True(CapabilityAdvertisement.TryParse(Encoding.ASCII.GetBytes(said), out CapabilityAdvertisement? parsed));
        Tickets.Accept(Repository, Of(user), parsed, Tickets.Now);
    }

    public void Refuse(string user) => Tickets.Refuse(Repository, Of(user));

    /// <summary>Whether a fetch of this id by a user needs no question to the primary.</summary>
    public async Task<bool> AllowsAsync(string user, int id = 1)
    {
        if (Tickets.Find(Repository, Of(user))?.Shows([Id(id)]) == true)
        {
            return true;
        }

        await Tickets.RecallAsync(Repository, Of(user), AnswerKinds.All, CancellationToken.None);
        return Tickets.Find(Repository, Of(user))?.Shows([Id(id)]) == true;
    }

    /// <summary>Whether an outage has a record of this user that shows this id.</summary>
    public async Task<bool> RecordsAsync(string user, int id = 1)
    {
        await Tickets.RecallAsync(Repository, Of(user), AnswerKinds.All, CancellationToken.None);
        return Tickets.FindRecorded(Repository, Of(user))?.View.Shows([Id(id)]) == true;
    }

    public Credential Of(string user) => user.Length == 0 ? Digester.Digest([]) : Digester.Digest([new("header authorization", user)]);

    public static RefListing Listing(int id, string branch) =>
        new(
            new LsRefsRequest
            {
                Peel = true,
                Symrefs = true,
                RefPrefixes = [branch],
            },
            [new RefTip(branch, Id(id), null, null)]
        );

    public static ObjectId Id(int number) => ObjectId.Parse(number.ToString("x40", System.Globalization.CultureInfo.InvariantCulture));

    public void Dispose()
    {
        _outbox.Dispose();
        _exchange.Dispose();
    }
}
