using Waystation.GitProtocol.Advertisements;

namespace Waystation.GitProtocol.Tests.Advertisements;

public sealed class RefPrefixSetTests
{
    [Fact]
    public void Set_LetsThroughJustWhatItsPrefixesDo()
    {
        const int seed = 20_260_713;
        var random = new Random(seed);
        for (int round = 0; round < 2_000; round++)
        {
            string[] prefixes = [.. Enumerable.Range(0, random.Next(6)).Select(_ => Word(random, 4))];
            string[] others = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Word(random, 4))];
            var set = RefPrefixSet.Of(prefixes);
            var other = RefPrefixSet.Of(others);
            for (int i = 0; i < 20; i++)
            {
                string name = Word(random, 6);
                string about = $"seed {seed}, round {round}: {name} of {string.Join(',', prefixes)}";
                bool begins = Array.Exists(prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal));
                bool isWithin = Array.Exists(prefixes, prefix => prefix.StartsWith(name, StringComparison.Ordinal));
                Assert.True(begins == set.Find(name) >= 0, about);
                Assert.True(isWithin ? set.HasWithin(name) || begins : !set.HasWithin(name), about);
            }
            bool covers = Array.TrueForAll(
                others,
                wanted => Array.Exists(prefixes, prefix => wanted.StartsWith(prefix, StringComparison.Ordinal))
            );
            Assert.Equal(covers, set.Covers(other));
            Assert.Equal(set, RefPrefixSet.Of([.. prefixes.Reverse(), .. prefixes]));
        }
    }

    private static string Word(Random random, int longest) =>
        new([.. Enumerable.Range(0, random.Next(longest + 1)).Select(_ => "ab/\u00ff"[random.Next(4)])]);
}
