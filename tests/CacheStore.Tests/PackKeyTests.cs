using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Tests;

public sealed class PackKeyTests
{
    private static readonly byte[] s_tags = [1, 2, 3];
    private static readonly FetchRequest s_plain = new()
    {
        Wants = [Store.IdOf(1), Store.IdOf(2)],
        Haves = [Store.IdOf(3)],
        Shallows = [Store.IdOf(4)],
    };

    private static readonly Dictionary<string, FetchRequest> s_different = new(StringComparer.Ordinal)
    {
        ["one want less"] = s_plain with { Wants = [Store.IdOf(1)] },
        ["another want"] = s_plain with { Wants = [Store.IdOf(1), Store.IdOf(5)] },
        ["no haves"] = s_plain with { Haves = [] },
        ["a want that is a have"] = s_plain with { Wants = [Store.IdOf(1)], Haves = [Store.IdOf(2), Store.IdOf(3)] },
        ["no shallows"] = s_plain with { Shallows = [] },
        ["a have that is a shallow"] = s_plain with { Haves = [], Shallows = [Store.IdOf(3), Store.IdOf(4)] },
        ["depth 1"] = s_plain with { Depth = 1 },
        ["depth 2"] = s_plain with { Depth = 2 },
        ["depth 1, relative"] = s_plain with { Depth = 1, DeepenRelative = true },
        ["since 0"] = s_plain with { DeepenSince = 0 },
        ["since 1"] = s_plain with { DeepenSince = 1 },
        ["filter blob:none"] = s_plain with { Filter = FilterOf("blob:none") },
        ["filter tree:0"] = s_plain with { Filter = FilterOf("tree:0") },
        ["thin"] = s_plain with { ThinPack = true },
        ["ofs-delta"] = s_plain with { OfsDelta = true },
        ["include-tag"] = s_plain with { IncludeTag = true },
        ["done"] = s_plain with { Done = true },
        ["wait-for-done"] = s_plain with { WaitForDone = true },
        ["a round of protocol 0"] = s_plain with { ProtocolVersion = 0 },
        ["sha256"] = s_plain with { ObjectFormat = ObjectFormat.Sha256 },
    };

    private static readonly Dictionary<string, FetchRequest> s_equal = new(StringComparer.Ordinal)
    {
        ["order of wants"] = s_plain with { Wants = [Store.IdOf(2), Store.IdOf(1)] },
        ["a want twice"] = s_plain with { Wants = [Store.IdOf(2), Store.IdOf(1), Store.IdOf(2)] },
        ["a have twice"] = s_plain with { Haves = [Store.IdOf(3), Store.IdOf(3)] },
        ["a shallow twice"] = s_plain with { Shallows = [Store.IdOf(4), Store.IdOf(4)] },
        ["agent"] = s_plain with { Agent = "git/9.9" },
        ["no-progress"] = s_plain with { NoProgress = true },
        ["sideband-all"] = s_plain with { SidebandAll = true },
        ["protocol 0 that takes the pack when ready"] = s_plain with { ProtocolVersion = 0, NoDone = true, MultiAck = MultiAck.Detailed },
        ["protocol 1 that takes the pack when ready"] = s_plain with { ProtocolVersion = 1, NoDone = true, MultiAck = MultiAck.Detailed },
        ["protocol 0 without a sideband"] = s_plain with
        {
            ProtocolVersion = 0,
            NoDone = true,
            MultiAck = MultiAck.Detailed,
            SidebandKind = SidebandKind.None,
        },
        ["protocol 2"] = s_plain with { ProtocolVersion = 2 },
    };

    /// <summary>For each property of a request another value than it has in <see cref="s_plain"/>, and whether that asks for another
    /// answer.</summary>
    private static readonly Dictionary<string, (object Value, bool IsAnotherAnswer)> s_properties = new(StringComparer.Ordinal)
    {
        [nameof(FetchRequest.ObjectFormat)] = (ObjectFormat.Sha256, true),
        [nameof(FetchRequest.ProtocolVersion)] = (0, true), // for this one only: a round, and no pack
        [nameof(FetchRequest.Wants)] = (new[] { Store.IdOf(1) }, true),
        [nameof(FetchRequest.Haves)] = (new[] { Store.IdOf(5) }, true),
        [nameof(FetchRequest.Shallows)] = (new[] { Store.IdOf(5) }, true),
        [nameof(FetchRequest.Depth)] = (1, true),
        [nameof(FetchRequest.DeepenSince)] = (1L, true),
        [nameof(FetchRequest.DeepenRelative)] = (true, true),
        [nameof(FetchRequest.ThinPack)] = (true, true),
        [nameof(FetchRequest.OfsDelta)] = (true, true),
        [nameof(FetchRequest.IncludeTag)] = (true, true),
        [nameof(FetchRequest.NoProgress)] = (true, false),
        [nameof(FetchRequest.Done)] = (true, true),
        [nameof(FetchRequest.WaitForDone)] = (true, true),
        [nameof(FetchRequest.SidebandAll)] = (true, false),
        [nameof(FetchRequest.Filter)] = (FilterOf("tree:1"), true),
        [nameof(FetchRequest.SidebandKind)] = (SidebandKind.None, false),
        [nameof(FetchRequest.MultiAck)] = (MultiAck.Detailed, false),
        [nameof(FetchRequest.NoDone)] = (true, false),
        [nameof(FetchRequest.Agent)] = ("git/9.9", false),
    };

    /// <summary>What can be said in a request; what only follows from it has no setter.</summary>
    public static TheoryData<string> Properties =>
        [.. typeof(FetchRequest).GetProperties().Where(static property => property.CanWrite).Select(static property => property.Name)];

    public static TheoryData<string> Different => [.. s_different.Keys];

    public static TheoryData<string> Same => [.. s_equal.Keys];

    [Theory]
    [MemberData(nameof(Different))]
    public void Of_GivesAnotherKey_WhenTheAnswerMayDiffer(string name)
    {
        PackKey key = KeyOf(s_different[name]);
        Assert.NotEqual(KeyOf(s_plain), key);
        Assert.All(s_different.Where(other => other.Key != name), other => Assert.NotEqual(KeyOf(other.Value), key));
    }

    [Theory]
    [MemberData(nameof(Same))]
    public void Of_GivesTheSameKey_WhenTheAnswerIsTheSame(string name) => Assert.Equal(KeyOf(s_plain), KeyOf(s_equal[name]));

    /// <summary>A property that is new is in the key, or it is said here that it changes nothing: forgotten, it would give one client
    /// another's answer.</summary>
    [Theory]
    [MemberData(nameof(Properties))]
    public void Of_KnowsEveryPropertyOfARequest(string name)
    {
        Assert.True(
            s_properties.TryGetValue(name, out (object Value, bool IsAnotherAnswer) row),
            $"{name} has no row: does it change a byte of the answer?"
        );
        FetchRequest changed = s_plain with { };
        typeof(FetchRequest).GetProperty(name)!.SetValue(changed, row.Value);
        Assert.NotEqual(s_plain, changed);
        Assert.Equal(row.IsAnotherAnswer, KeyOf(s_plain) != KeyOf(changed));
    }

    /// <summary>What each way of ending a request may be answered with; those answered alike share a key, and no others.</summary>
    [Fact]
    public void Of_GivesOneKey_ToAllVersionsThatOneAnswerFits()
    {
        foreach (
            int[] haves in (int[][])
                [
                    [],
                    [3],
                ]
        )
        {
            var keys = new Dictionary<PackKey, string>();
            foreach (FetchRequest request in Endings(s_plain with { Haves = [.. haves.Select(number => Store.IdOf(number))] }))
            {
                string answer = AnswerTo(request);
                PackKey key = KeyOf(request);
                Assert.True(keys.TryAdd(key, answer) || keys[key] == answer, $"{keys[key]} and {answer} have one key");
            }

            // At once, when ready, never; and what v2 does with neither word nor haves.
            Assert.Equal(keys.Count, keys.Values.Distinct(StringComparer.Ordinal).Count());
        }
    }

    [Theory]
    [InlineData("git.example", "team/other.git")]
    [InlineData("git.example", "team/tool")]
    [InlineData("git.example:8443", "team/tool.git")]
    [InlineData("git.exampl", "eteam/tool.git")]
    public void Of_GivesAnotherKey_WhenTheRepositoryIsAnother(string host, string path) =>
        Assert.NotEqual(KeyOf(s_plain), PackKey.Of(new RepositoryName(host, path), s_plain));

    [Fact]
    public void Of_GivesAnotherKey_WhenIncludeTagSeesOtherTags()
    {
        FetchRequest request = s_plain with { IncludeTag = true };
        Assert.NotEqual(PackKey.Of(Store.Repository, request, s_tags), PackKey.Of(Store.Repository, request, [1, 2, 4]));
        Assert.Throws<ArgumentException>(() => PackKey.Of(Store.Repository, request));
    }

    [Fact]
    public void Of_IgnoresTheTags_WhenTheyAreNotAskedFor() =>
        Assert.Equal(PackKey.Of(Store.Repository, s_plain), PackKey.Of(Store.Repository, s_plain, s_tags));

    [Fact]
    public void TryParse_ReadsBackWhatToStringWrote_WhenItIsAKey()
    {
        PackKey key = KeyOf(s_plain);
        Assert.Matches("^[0-9a-f]{64}$", key.ToString());
        Assert.True(PackKey.TryParse(key.ToString(), out PackKey read));
        Assert.Equal(key, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123")]
    [InlineData("zz23456789012345678901234567890123456789012345678901234567890123")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public void TryParse_Refuses_WhenItIsNoKey(string text) => Assert.False(PackKey.TryParse(text, out _));

    private static IEnumerable<FetchRequest> Endings(FetchRequest plain)
    {
        foreach (int version in (int[])[0, 1, 2])
        {
            foreach (bool done in (bool[])[false, true])
            {
                foreach (bool word in (bool[])[false, true])
                {
                    foreach (MultiAck acks in Enum.GetValues<MultiAck>())
                    {
                        yield return plain with
                        {
                            ProtocolVersion = version,
                            Done = done,
                            WaitForDone = word && version == 2,
                            NoDone = word && version < 2,
                            MultiAck = acks,
                        };
                    }
                }
            }
        }
    }

    /// <summary>gitprotocol-v2, fetch, and gitprotocol-capabilities, no-done, in so many words.</summary>
    private static string AnswerTo(FetchRequest request) =>
        request switch
        {
            { Done: true } => "the pack at once",
            { ProtocolVersion: 2, WaitForDone: true } => "acknowledgments without ready",
            { ProtocolVersion: 2 } => "the pack once ready",
            { NoDone: true, MultiAck: MultiAck.Detailed, Haves.Count: > 0 } => "the pack once ready",
            _ => "a round of v0",
        };

    private static PackKey KeyOf(FetchRequest request) => PackKey.Of(Store.Repository, request, request.IncludeTag ? s_tags : default);

    private static FilterSpec FilterOf(string text)
    {
        Assert.True(FilterSpec.TryParse(text, out FilterSpec? filter));
        return filter!;
    }
}
