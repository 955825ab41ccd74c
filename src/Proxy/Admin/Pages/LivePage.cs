using System.Globalization;
using Waystation.CacheStore;
using Waystation.FetchCore.Observing;
using Waystation.Primaries;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>
/// <c>GET /api/v1/live</c>: the fetches under way. <c>GET /api/v1/live/events</c>: the same as a stream of events (text/event-stream).
/// </summary>
internal static class LivePage
{
    public const string Path = "/live";
    public const string Events = Path + "/events";

    public static void Map(AdminApi api)
    {
        api.Pages.MapGet(Path, Show)
            .WithSummary("The fetches under way, the oldest first.")
            .Produces<LiveStatus[]>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        api.Pages.MapGet(Events, Follow)
            .WithSummary("Each fetch as it begins or ends: a stream of server-sent events.")
            .Produces<LiveNews>(contentType: "text/event-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Shows them, the oldest first.</summary>
    /// <param name="repo">Only fetches of this repository; null for all.</param>
    /// <param name="outcome">Only fetches that are served in one of these ways, by commas; null for all.</param>
    /// <param name="live">The fetches under way.</param>
    /// <param name="primaries">Say which names are repositories.</param>
    private static IResult Show(string? repo, string? outcome, LiveFetches live, PrimaryMap primaries)
    {
        if (FilterOf(repo, outcome, primaries, out string trouble) is not { } filter)
        {
            return Refusals.Problem(StatusCodes.Status400BadRequest, trouble);
        }

        return TypedResults.Ok(live.Now().Where(filter.Shows).Select(LiveStatus.Of));
    }

    /// <summary>Sends each as it begins or ends. A reader that is slow is told how many events it has missed.</summary>
    /// <param name="repo">Only fetches of this repository; null for all.</param>
    /// <param name="outcome">Only fetches that were served in one of these ways, by commas; null for all.</param>
    /// <param name="last">The number of fetches that ended before, to begin with; null for none.</param>
    /// <param name="services">The parts of the node.</param>
    /// <param name="context">The request.</param>
    private static IResult Follow(string? repo, string? outcome, string? last, IServiceProvider services, HttpContext context)
    {
        if (FilterOf(repo, outcome, services.GetRequiredService<PrimaryMap>(), out string trouble) is not { } filter)
        {
            return Refusals.Problem(StatusCodes.Status400BadRequest, trouble);
        }

        int before = 0;
        if (last is not null && !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            return Refusals.Problem(StatusCodes.Status400BadRequest, "last is a number, 0 or more.");
        }

        if (services.GetRequiredService<LiveFetches>().TryOpen() is not { } reader)
        {
            return Refusals.Problem(StatusCodes.Status503ServiceUnavailable, $"{LiveFetches.MaxReaders} readers follow the node already.");
        }

        // The stream has no end of its own: a node that stops must not wait for it.
        var over = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted,
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping
        );
        context.Response.RegisterForDispose(reader);
        context.Response.RegisterForDispose(over);
        return TypedResults.ServerSentEvents(services.GetRequiredService<LiveStream>().ReadAsync(reader, filter, before, over.Token));
    }

    private static LiveFilter? FilterOf(string? repo, string? outcome, PrimaryMap primaries, out string trouble)
    {
        trouble = "";
        RepositoryName? repository = null;
        if (repo is not null && (repository = primaries.NameOf(repo)) is null)
        {
            trouble = Refusals.NoRepository;
            return null;
        }

        HashSet<FetchOutcome> outcomes = [];
        foreach (string word in (outcome ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            FetchOutcome[] named = [.. Enum.GetValues<FetchOutcome>().Where(one => one.ToWord() == word)];
            if (named is not [FetchOutcome known])
            {
                trouble =
                    $"outcome is one or more of {string.Join(", ", Enum.GetValues<FetchOutcome>().Select(FetchWords.ToWord))}, by commas.";
                return null;
            }

            outcomes.Add(known);
        }

        return new LiveFilter(repository, outcomes);
    }
}
