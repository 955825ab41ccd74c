using System.Collections.Concurrent;
using System.Globalization;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>
/// Nobody can have the node read one request and the primary another: odd requests go to both, then honest ones, and whatever was asked
/// before, both answer alike. WAYSTATION_ODD_SEED repeats a run, WAYSTATION_ODD_CASES makes it longer.
/// </summary>
public sealed class OddRequestTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Branches = 12;
    private const string NoPack = "no pack";

    private readonly Station _station = new();

    // Without mirrors the primary makes all kept packs: a pack from a mirror for an honest request would hide traces of an odd one.
    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--Mirrors:MaxSize", "0"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task HonestRequest_IsAnsweredAsDirect_WhateverOddOnesCameBefore()
    {
        int seed = Number("WAYSTATION_ODD_SEED", Random.Shared.Next()),
            cases = Number("WAYSTATION_ODD_CASES", 60);
        output.WriteLine($"WAYSTATION_ODD_SEED={seed}");
        (PrimaryRepository repository, List<string> tips) = await NewRepositoryAsync("odd");
        var odd = new OddRequests(new Random(seed), tips);
        List<(OddRequest Odd, IReadOnlyList<OddRequest> Twins)> all = [.. Enumerable.Range(0, cases).Select(_ => odd.Make())];
        var wrong = new ConcurrentQueue<string>();
        int taken = await CompareAsync(repository, all.Select(static one => one.Odd), wrong);
        OddRequest[] twins = [.. all.SelectMany(static one => one.Twins).DistinctBy(static twin => twin.Body)];
        Assert.Equal(twins.Length, await CompareAsync(repository, twins, wrong));
        Assert.True(taken > cases / 4, $"WAYSTATION_ODD_SEED={seed}: the primary takes only {taken} of {cases} odd requests");
        Assert.True(wrong.IsEmpty, $"WAYSTATION_ODD_SEED={seed}: {wrong.Count} answers differ\n{string.Join('\n', wrong.Take(8))}");
    }

    [Theory]
    [InlineData(" agent=x\tinclude-tag", "")]
    [InlineData(" agent=x\rinclude-tag", "")]
    [InlineData(" session-id=x\ninclude-tag", "")]
    [InlineData(" agent=x\0 include-tag", " include-tag")]
    [InlineData(" session-id=x\0 include-tag", " include-tag")]
    public async Task CloneAfterAHiddenCapability_GetsItsOwnObjects(string hidden, string honest)
    {
        (PrimaryRepository repository, _) = await NewRepositoryAsync(Guid.NewGuid().ToString("n"));
        string tip = await repository.ResolveAsync("refs/heads/main");
        var first = new OddRequest(0, Body(hidden));
        var second = new OddRequest(0, Body(honest));
        await RawConnection.AskAsync(_station.Node.Url, first.ToBytes(repository.Name));
        Assert.Equal(
            await SummaryAsync(_station.Primary.Url, repository, second),
            await SummaryAsync(_station.Node.Url, repository, second)
        );

        string Body(string more) =>
            UploadPack.Line($"want {tip} multi_ack_detailed side-band-64k no-progress ofs-delta{more}\n")
            + "0000"
            + UploadPack.Line("done\n");
    }

    private async Task<(PrimaryRepository Repository, List<string> Tips)> NewRepositoryAsync(string name)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"public/{name}.git", new History(Seed: 53) { Commits = 24 });
        List<string> tips = [];
        for (int number = 0; number < Branches; number++)
        {
            tips.Add(await repository.ResolveAsync($"refs/heads/main~{number}"));
            await repository.GitAsync("update-ref", $"refs/heads/at/{number}", tips[^1]);
        }

        return (repository, tips);
    }

    /// <summary>Asks both doors, and returns how many of the requests the primary answers with a pack.</summary>
    private async Task<int> CompareAsync(PrimaryRepository repository, IEnumerable<OddRequest> requests, ConcurrentQueue<string> wrong)
    {
        int packs = 0;
        await Parallel.ForEachAsync(
            requests,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (request, _) =>
            {
                string direct = await SummaryAsync(_station.Primary.Url, repository, request),
                    through = await SummaryAsync(_station.Node.Url, repository, request);
                if (direct != NoPack)
                {
                    Interlocked.Increment(ref packs);
                }

                if (direct != through)
                {
                    wrong.Enqueue($"{request}\n    direct:  {direct}\n    through: {through}");
                }
            }
        );
        return packs;
    }

    /// <summary>What matters of an answer: its boundary, and how many objects its pack has; of a round all; of a refusal only that it is
    /// one.</summary>
    private static async Task<string> SummaryAsync(Uri door, PrimaryRepository repository, OddRequest request)
    {
        RawAnswer answer = await RawConnection.AskAsync(door, request.ToBytes(repository.Name));
        var boundary = new List<string>();
        using var pack = new MemoryStream();
        int at = 0;
        while (answer.Status == 200 && at + 4 <= answer.Body.Length && LengthAt(answer.Text, at) is { } length)
        {
            string line = length > 4 && at + length <= answer.Body.Length ? answer.Text[(at + 4)..(at + length)] : "";
            if (line.StartsWith("shallow ", StringComparison.Ordinal) || line.StartsWith("unshallow ", StringComparison.Ordinal))
            {
                boundary.Add(line.TrimEnd('\n'));
            }
            else if (line.StartsWith('\u0001'))
            {
                pack.Write(answer.Body, at + 5, length - 5);
            }

            at += Math.Max(length, 4);
        }

        // A bare pack is no packet: there the walk has ended.
        pack.Write(answer.Body, at, answer.Body.Length - at);
        if (answer.Status != 200 || !pack.ToArray().AsSpan().StartsWith("PACK\0\0\0\u0002"u8))
        {
            return answer.Status == 200 && IsRound(answer.Text) ? answer.Text : NoPack;
        }

        return string.Join(' ', boundary.Order(StringComparer.Ordinal).Append(Convert.ToHexString(pack.ToArray(), 8, 4)));
    }

    private static int? LengthAt(string text, int at) =>
        int.TryParse(text.AsSpan(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int length) ? length : null;

    private static bool IsRound(string text) =>
        !text.Contains("ERR ", StringComparison.Ordinal)
        && (text.EndsWith("NAK\n", StringComparison.Ordinal) || text.EndsWith("0000", StringComparison.Ordinal));

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
