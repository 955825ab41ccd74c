using System.Buffers;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

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
        ["the pack at once"] = s_plain with { Pack = PackWhen.AtOnce },
        ["no pack yet"] = s_plain with { Pack = PackWhen.Never },
        ["sha256"] = s_plain with { ObjectFormat = ObjectFormat.Sha256 },
    };

    private static readonly Dictionary<string, FetchRequest> s_equal = new(StringComparer.Ordinal)
    {
        ["order of wants"] = s_plain with { Wants = [Store.IdOf(2), Store.IdOf(1)] },
        ["a want twice"] = s_plain with { Wants = [Store.IdOf(2), Store.IdOf(1), Store.IdOf(2)] },
        ["a have twice"] = s_plain with { Haves = [Store.IdOf(3), Store.IdOf(3)] },
        ["a shallow twice"] = s_plain with { Shallows = [Store.IdOf(4), Store.IdOf(4)] },
    };

    /// <summary>The properties of a request; a property without a setter follows from the others.</summary>
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

    /// <summary>
    /// Packs on disk are found by their keys. A change that makes this test fail must raise the generation of <see cref="PackKey"/>.
    /// </summary>
    [Fact]
    public void Of_GivesTheKeysOfEarlierReleases()
    {
        string keys = string.Concat(s_different.Values.Prepend(s_plain).Select(static request => $"{KeyOf(request)}\n"));
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(keys)));
        Assert.StartsWith("ce4a0bdb036c888f10118d31e044baab0b156482", digest, StringComparison.Ordinal);
    }

    /// <summary>A property that the key forgets would give one client another client's answer. So each one must change the key, a new one
    /// too.</summary>
    [Theory]
    [MemberData(nameof(Properties))]
    public void Of_GivesAnotherKey_WhenAnyPropertyChanges(string name)
    {
        PropertyInfo property = typeof(FetchRequest).GetProperty(name)!;
        FetchRequest changed = s_plain with { };
        property.SetValue(changed, OtherValueOf(property));
        Assert.NotEqual(s_plain, changed);
        Assert.NotEqual(KeyOf(s_plain), KeyOf(changed));
    }

    /// <summary>The form of the response has no way into the key; this list says that nothing of it changes an answer.</summary>
    [Fact]
    public void Framing_HoldsOnlyTheFormOfTheResponse() =>
        Assert.Equal(
            ["IsToldBoundary", "MultiAck", "NoDone", "NoProgress", "ProtocolVersion", "SidebandAll", "SidebandKind"],
            typeof(ResponseFraming)
                .GetProperties()
                .Where(static property => property.CanWrite)
                .Select(static property => property.Name)
                .Order(StringComparer.Ordinal)
        );

    /// <summary>The responses to each way of ending a request; requests with equal responses share a key, and no others.</summary>
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
            foreach (Ending ending in Endings())
            {
                string answer = ending.AnswerTo(haves.Length > 0);
                byte[] body = ending.Write(s_plain with { Haves = [.. haves.Select(number => Store.IdOf(number))] });
                PackKey key = KeyOf(ending.Read(body));
                Assert.True(keys.TryAdd(key, answer) || keys[key] == answer, $"{keys[key]} and {answer} have one key");
            }

            // At once, when ready, never.
            Assert.Equal(3, keys.Count);
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

    private static object OtherValueOf(PropertyInfo property) =>
        property.GetValue(s_plain) switch
        {
            bool value => !value,
            Enum value => Enum.GetValues(property.PropertyType).Cast<Enum>().First(other => !other.Equals(value)),
            IReadOnlyList<ObjectId> => new[] { Store.IdOf(5) },
            null when property.PropertyType == typeof(int?) => 7,
            null when property.PropertyType == typeof(long?) => 7L,
            null when property.PropertyType == typeof(FilterSpec) => FilterOf("tree:1"),
            _ => throw new NotSupportedException($"{property.Name}: this test knows no other value of its type"),
        };

    private static IEnumerable<Ending> Endings()
    {
        foreach (int version in (int[])[0, 1, 2])
        {
            foreach (bool done in (bool[])[false, true])
            {
                foreach (bool word in (bool[])[false, true])
                {
                    foreach (MultiAck acks in Enum.GetValues<MultiAck>())
                    {
                        yield return new Ending(version, done, word, acks);
                    }
                }
            }
        }
    }

    /// <summary>How a request ends.</summary>
    /// <param name="Version">0, 1 or 2.</param>
    /// <param name="Done">It says done.</param>
    /// <param name="Word">It says wait-for-done in v2, no-done in v0 and v1.</param>
    /// <param name="Acks">How v0 and v1 acknowledge.</param>
    private sealed record Ending(int Version, bool Done, bool Word, MultiAck Acks)
    {
        /// <summary>gitprotocol-v2, fetch, and gitprotocol-capabilities, no-done, in so many words.</summary>
        public string AnswerTo(bool hasHaves) =>
            this switch
            {
                { Done: true } => "the pack at once",
                { Version: 2, Word: true } => "acknowledgments without ready",
                { Version: 2 } => "the pack once ready",
                { Word: true, Acks: MultiAck.Detailed } when hasHaves => "the pack once ready",
                _ => "acknowledgments without ready",
            };

        public byte[] Write(FetchRequest request)
        {
            var writer = new ArrayBufferWriter<byte>();
            if (Version == 2)
            {
                PackWhen pack =
                    Done ? PackWhen.AtOnce
                    : Word ? PackWhen.Never
                    : PackWhen.WhenReady;
                FetchRequestWriter.WriteV2(writer, request with { Pack = pack }, ResponseFraming.V2, agent: null);
            }
            else
            {
                var framing = new ResponseFraming
                {
                    ProtocolVersion = Version,
                    NoDone = Word,
                    MultiAck = Acks,
                };
                PackWhen pack = Done ? PackWhen.AtOnce : PackWhen.Never;
                FetchRequestWriter.WriteV0(writer, request with { Pack = pack }, framing, agent: null);
            }

            return writer.WrittenSpan.ToArray();
        }

        /// <summary>The result of the parser of the version.</summary>
        public FetchRequest Read(byte[] body)
        {
            var bytes = new ReadOnlySequence<byte>(body);
            ParsedCommand command = Version == 2 ? CommandParser.Parse(bytes) : FetchRequestV0Parser.Parse(bytes, Version);
            return Assert.IsType<ParsedCommand.Fetch>(command).Request;
        }
    }

    private static PackKey KeyOf(FetchRequest request) => PackKey.Of(Store.Repository, request, request.IncludeTag ? s_tags : default);

    private static FilterSpec FilterOf(string text)
    {
        Assert.True(FilterSpec.TryParse(text, out FilterSpec? filter));
        return filter!;
    }
}
