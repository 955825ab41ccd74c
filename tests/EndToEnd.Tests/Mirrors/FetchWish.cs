using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>A fetch request, written as the protocol has it and not by way of the code that is tested.</summary>
internal sealed record FetchWish
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>0, 1 or 2.</summary>
    public int Version { get; init; } = 2;

    public required IReadOnlyList<string> Wants { get; init; }

    public IReadOnlyList<string> Haves { get; init; } = [];

    public IReadOnlyList<string> Shallows { get; init; } = [];

    public int? Depth { get; init; }

    public long? Since { get; init; }

    /// <summary>A ref, by name.</summary>
    public string? Not { get; init; }

    public bool Relative { get; init; }

    public string? Filter { get; init; }

    public bool IncludeTag { get; init; }

    public bool Thin { get; init; } = true;

    /// <summary>False is a round of negotiation.</summary>
    public bool Done { get; init; } = true;

    public bool Deepens => Depth is not null || Since is not null || Not is not null;

    public string Body => Version == 2 ? BodyOfV2() : BodyOfV0();

    /// <summary>Sends it through a door as a user, and reads the answer to its end.</summary>
    public async Task<FetchGift> SendAsync(Uri door, PrimaryRepository repository, string? user = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(door, repository.Name + "/git-upload-pack"));
        request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(Body));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(UploadPack.RequestType);
        Identify(request, user);
        if (Version > 0)
        {
            request.Headers.Add("Git-Protocol", $"version={Version}");
        }

        using HttpResponseMessage response = await s_http.SendAsync(request);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        string status = response.Headers.TryGetValues("Cache-Status", out IEnumerable<string>? values) ? values.Single() : "";
        return FetchGift.Parse(this, (int)response.StatusCode, status, body);
    }

    /// <summary>The ref advertisement of v0, or in v2 the answer to <c>ls-refs</c> with these arguments.</summary>
    public static async Task<string> ListAsync(Uri door, PrimaryRepository repository, string user, int version, params string[] arguments)
    {
        using var request =
            version == 2
                ? new HttpRequestMessage(HttpMethod.Post, new Uri(door, repository.Name + "/git-upload-pack"))
                : new HttpRequestMessage(HttpMethod.Get, new Uri(door, repository.Name + "/info/refs?service=git-upload-pack"));
        if (version == 2)
        {
            string body =
                UploadPack.Line("command=ls-refs")
                + UploadPack.Line("object-format=sha1")
                + "0001"
                + string.Concat(arguments.Select(UploadPack.Line))
                + "0000";
            request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(UploadPack.RequestType);
            request.Headers.Add("Git-Protocol", "version=2");
        }

        Identify(request, user);
        using HttpResponseMessage response = await s_http.SendAsync(request);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private static void Identify(HttpRequestMessage request, string? user)
    {
        if (user is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{user}{ApachePrimary.PasswordSuffix}"))
            );
        }
    }

    private string BodyOfV2()
    {
        List<string> lines = ["no-progress", "ofs-delta"];
        if (Thin)
        {
            lines.Add("thin-pack");
        }

        if (IncludeTag)
        {
            lines.Add("include-tag");
        }

        lines.AddRange(Boundary());
        if (Relative)
        {
            lines.Add("deepen-relative\n");
        }

        if (Filter is not null)
        {
            lines.Add("filter " + Filter);
        }

        lines.AddRange(Wants.Select(static id => $"want {id}\n"));
        lines.AddRange(Haves.Select(static id => $"have {id}\n"));
        if (Done)
        {
            lines.Add("done\n");
        }

        return UploadPack.Line("command=fetch")
            + UploadPack.Line("agent=git/2.39.5")
            + UploadPack.Line("object-format=sha1")
            + "0001"
            + string.Concat(lines.Select(UploadPack.Line))
            + "0000";
    }

    private string BodyOfV0()
    {
        string capabilities =
            "multi_ack_detailed no-done side-band-64k no-progress ofs-delta agent=git/2.39.5"
            + (Thin ? " thin-pack" : "")
            + (IncludeTag ? " include-tag" : "")
            + (Filter is not null ? " filter" : "")
            + (Relative ? " deepen-relative" : "")
            + (Since is not null ? " deepen-since" : "")
            + (Not is not null ? " deepen-not" : "");
        List<string> needs = [.. Wants.Select((id, index) => index == 0 ? $"want {id} {capabilities}\n" : $"want {id}\n"), .. Boundary()];
        if (Filter is not null)
        {
            needs.Add("filter " + Filter);
        }

        string end =
            Done ? UploadPack.Line("done\n")
            : Haves.Count > 0 ? "0000"
            : "";
        return string.Concat(needs.Select(UploadPack.Line))
            + "0000"
            + string.Concat(Haves.Select(static id => UploadPack.Line($"have {id}\n")))
            + end;
    }

    private IEnumerable<string> Boundary()
    {
        foreach (string id in Shallows)
        {
            yield return $"shallow {id}";
        }

        if (Depth is { } depth)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"deepen {depth}");
        }

        if (Since is { } since)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"deepen-since {since}");
        }

        if (Not is not null)
        {
            yield return $"deepen-not {Not}";
        }
    }
}
