using System.Text;

namespace Waystation.Ratios.Load;

/// <summary>
/// What a building full of CI jobs asks one repository for, as a mix by seed. The answers are thrown away, so that what is measured is the
/// servers.
/// </summary>
internal sealed class LoadMix(LoadDoor door, Recent recent, HttpClient client)
{
    // Of a hundred: clones of depth 1 of the newest tip, fetches by id into a kept workspace, looks whether anything is new, full clones.
    private const int Shallow = 60,
        ById = 15,
        Polls = 23;

    private readonly Lock _gate = new();

    /// <summary>The way to the repository.</summary>
    public LoadDoor Door => door;

    /// <summary>Milliseconds of the listings of refs, before a clone or by themselves.</summary>
    public List<double> Listings { get; } = [];

    /// <summary>Milliseconds of the packs of <c>--depth 1</c> clones, the listing before not counted.</summary>
    public List<double> ShallowClones { get; } = [];

    /// <summary>Answers that brought a pack.</summary>
    public int Packs { get; private set; }

    /// <summary>All answers.</summary>
    public int Requests => Packs + Listings.Count;

    /// <summary>Does what one job does.</summary>
    public async Task AskAsync(Random random)
    {
        int what = random.Next(100);
        if (what < Shallow)
        {
            await CloneAsync(depth: 1);
        }
        else if (what < Shallow + ById)
        {
            await FetchByIdAsync(random);
        }
        else if (what < Shallow + ById + Polls)
        {
            await ListAsync(FetchBody.AllRefs);
        }
        else
        {
            await CloneAsync(depth: null);
        }
    }

    private async Task CloneAsync(int? depth)
    {
        string tip = await ListAsync(FetchBody.LsRefs);
        Exchange exchange = await Exchange.PostAsync(client, door.Reading, FetchBody.Clone(tip, depth));
        lock (_gate)
        {
            Packs++;
            if (depth is not null)
            {
                ShallowClones.Add(exchange.Milliseconds);
            }
        }
    }

    private async Task FetchByIdAsync(Random random)
    {
        // git lists refs before it fetches an id, too, for the tags that go with it.
        await ListAsync(FetchBody.LsRefs);
        if (recent.Pick(random) is not { } pick)
        {
            return;
        }

        await Exchange.PostAsync(client, door.Reading, FetchBody.ById(pick.Want, [pick.Have]));
        lock (_gate)
        {
            Packs++;
        }
    }

    /// <summary>Lists refs, and returns the tip of <c>main</c>.</summary>
    private async Task<string> ListAsync(byte[] body)
    {
        const string Head = " HEAD"; // stands before all others, and is main
        const int Digits = 40;
        byte[] beginning = new byte[256];
        Exchange exchange = await Exchange.PostAsync(client, door.Reading, body, beginning);
        string text = Encoding.ASCII.GetString(beginning, 0, (int)Math.Min(exchange.Bytes, beginning.Length));
        int at = text.IndexOf(Head, StringComparison.Ordinal);
        if (at < Digits)
        {
            throw new InvalidOperationException("a listing without HEAD");
        }

        string tip = text[(at - Digits)..at];
        recent.Show(tip);
        lock (_gate)
        {
            Listings.Add(exchange.Milliseconds);
        }

        return tip;
    }
}
