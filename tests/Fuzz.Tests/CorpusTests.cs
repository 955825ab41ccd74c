using System.Diagnostics;

namespace Waystation.Fuzz.Tests;

/// <summary>
/// Every kept input is read without harm, and so are some changes of it. The script <c>tests/fuzz/run</c> searches for new ones, led by
/// coverage, and puts them into the corpus.
/// </summary>
public sealed class CorpusTests
{
    private const int Seed = 20_240_229;

    /// <summary>A slow target stops here.</summary>
    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(2);

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(static target => target.Name)];

    [Theory, MemberData(nameof(Targets))]
    public void Corpus_IsReadWithoutHarm(string name)
    {
        FuzzTarget target = Find(name);
        foreach (string file in Corpus.FilesOf(target))
        {
            Try(target, Corpus.Read(file), file);
        }
    }

    [Theory, MemberData(nameof(Targets))]
    public void ChangedCorpus_IsReadWithoutHarm(string name)
    {
        FuzzTarget target = Find(name);
        byte[][] inputs = [.. Corpus.FilesOf(target).Select(Corpus.Read)];
        var mutation = new Mutation(Seed);
        long begun = Stopwatch.GetTimestamp();
        for (int round = 0; round < 2_000 && Stopwatch.GetElapsedTime(begun) < s_mostTime; round++)
        {
            byte[] bytes = mutation.Of(inputs);
            Try(target, bytes, $"seed {Seed}, round {round}: {Convert.ToBase64String(bytes)}");
        }
    }

    [Fact]
    public void EveryTarget_HasInputs_AndEveryFolderItsTarget()
    {
        Assert.Empty(Corpus.Strays);
        Assert.All(
            FuzzTargets.All,
            static target => Assert.Contains(Corpus.FilesOf(target), file => file.StartsWith(target.Name + "/", StringComparison.Ordinal))
        );
    }

    private static FuzzTarget Find(string name) => FuzzTargets.All.Single(target => target.Name == name);

    private static void Try(FuzzTarget target, byte[] bytes, string input)
    {
        try
        {
            target.Read(bytes);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{target.Name} is harmed by {input}", e);
        }
    }
}
