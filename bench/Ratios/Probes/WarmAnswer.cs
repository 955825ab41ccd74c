namespace Waystation.Ratios.Probes;

/// <summary>One answer in the node's pack cache, and how curl asks for it: each request with a ticket made just before.</summary>
internal sealed class WarmAnswer
{
    /// <summary>The versions of HTTP, as curl is told them.</summary>
    public const string Http11 = "--http1.1",
        Http2 = "--http2";

    private readonly Stage _stage;
    private readonly PrimaryRepository _repository;
    private readonly IReadOnlyList<string> _fetch;
    private readonly IReadOnlyList<string> _lsRefs;

    private WarmAnswer(Stage stage, PrimaryRepository repository, string fetch, string lsRefs)
    {
        this._stage = stage;
        this._repository = repository;
        this._fetch = Post(fetch);
        this._lsRefs = Post(lsRefs);

        IReadOnlyList<string> Post(string body) =>
            [
                "--cacert",
                stage.Tls.Authority,
                "--header",
                "Git-Protocol: version=2",
                "--header",
                "Content-Type: " + FetchBody.ContentType,
                "--data-binary",
                "@" + body,
            ];
    }

    /// <summary>The length of the answer's body.</summary>
    public long Bytes { get; private set; }

    /// <summary>Asks until the node has the answer, and gives nginx a file with the same bytes.</summary>
    public static async Task<WarmAnswer> MakeAsync(Stage stage, PrimaryRepository repository, string name, int? depth = null)
    {
        byte[] body = FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"), depth);
        var answer = new WarmAnswer(
            stage,
            repository,
            await stage.BodyFileAsync(name + ".fetch", body),
            await stage.BodyFileAsync("ls-refs", FetchBody.LsRefs)
        );
        await answer.AuthoriseAsync(stage.Node.Url);
        await Curl.RunAsync(answer.UrlAt(stage.Node.Url), "/dev/null", answer._fetch);
        // The answer is stored a moment after its last byte has left.
        await Eventually.TrueAsync(
            $"{name} is a hit",
            async () =>
            {
                Curl kept = await Curl.RunAsync(answer.UrlAt(stage.Node.Url), stage.Nginx.FileFor(name), answer._fetch);
                answer.Bytes = kept.Bytes;
                return IsHit(kept);
            }
        );
        return answer;
    }

    /// <summary>Fetches the answer from the node; anything but a hit ends the measure.</summary>
    /// <param name="node">One of the node's addresses.</param>
    /// <param name="version">By which version of HTTP.</param>
    public async Task<Curl> FetchAsync(Uri node, string version = Http11)
    {
        await AuthoriseAsync(node);
        return await FetchAuthorisedAsync(node, version);
    }

    /// <summary>The same if the ticket is known to live.</summary>
    public async Task<Curl> FetchAuthorisedAsync(Uri node, string version = Http11)
    {
        Curl got = await Curl.RunAsync(UrlAt(node), "/dev/null", [version, .. _fetch]);
        return IsHit(got) && got.Bytes == Bytes
            ? got
            : throw new InvalidOperationException($"not the hit that was expected: '{got.CacheStatus}', {got.Bytes} of {Bytes} bytes");
    }

    /// <summary>Has the primary make the same answer.</summary>
    public Task<Curl> FetchFromPrimaryAsync() => Curl.RunAsync(UrlAt(_stage.Primary.Url), "/dev/null", _fetch);

    public Task AuthoriseAsync(Uri node) => Curl.RunAsync(UrlAt(node), "/dev/null", _lsRefs);

    private static bool IsHit(Curl got) => got.CacheStatus.StartsWith("waystation; hit", StringComparison.Ordinal);

    private Uri UrlAt(Uri node) => new(node.To(_repository).AbsoluteUri + "/git-upload-pack");
}
