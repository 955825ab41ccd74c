namespace Waystation.Ratios.Repositories;

/// <summary>A repository of the world's own, by path or URL, as the primary's.</summary>
internal static class RealRepository
{
    /// <summary>Fetches its branches and tags; the branch that its HEAD names becomes <c>main</c>.</summary>
    public static async Task TakeAsync(PrimaryRepository repository, string from)
    {
        repository.Patience = TimeSpan.FromMinutes(20);
        // How hard git tries is its own choice, as it is at the node: the repositories of the tests spare it deltas of large files and most
        // of the compression.
        foreach (string setting in (string[])["core.bigFileThreshold", "core.compression"])
        {
            await repository.GitAsync("config", "--unset", setting);
        }

        string source = Directory.Exists(from) ? Path.GetFullPath(from) : from;
        await repository.GitAsync(
            "fetch",
            "--quiet",
            "--no-write-fetch-head",
            source,
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
            "+HEAD:refs/bench/head"
        );
        await repository.GitAsync("update-ref", "refs/heads/main", "refs/bench/head");
        await repository.GitAsync("update-ref", "-d", "refs/bench/head");
    }
}
