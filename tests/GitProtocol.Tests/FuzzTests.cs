using System.Globalization;
using System.Security.Cryptography;
using Waystation.GitProtocol.Tests.Golden;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests;

/// <summary>
/// The kept corpus as rows, and a short run of mutations with a fixed seed. The script <c>fuzz</c> runs as many as wished with a
/// new seed and puts what it finds into the corpus.
/// </summary>
public sealed class FuzzTests
{
    private static readonly string s_corpus = Path.Combine(AppContext.BaseDirectory, "Corpus");

    private static readonly string[] s_words =
    [
        Lines.Flush,
        Lines.Delim,
        Lines.ResponseEnd,
        "want " + Ids.A,
        "have " + Ids.B,
        "done",
        "shallow " + Ids.C,
        "deepen 1",
        "filter blob:none",
        "deepen-since 1",
        "NAK",
        "ACK " + Ids.A,
        "ready",
        "acknowledgments",
        "shallow-info",
        "packfile",
        "ERR x",
        "command=fetch",
        "command=ls-refs",
        "raw:0003",
        "raw:0004",
        "raw:fff1",
        "raw:ffff",
        "nolf:\u0001PACK",
        "nolf:\u0003x",
        "version 2",
        "version 1",
        Ids.A + " HEAD\0agent=x",
    ];

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(s_corpus).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public void CorpusFile_IsReadWithoutHarm(string file) => Fuzz.Try(File.ReadAllBytes(Path.Combine(s_corpus, file)));

    [Fact]
    public void Mutations_AreReadWithoutHarm()
    {
        int seed = Setting("WAYSTATION_FUZZ_SEED", 20_240_229);
        int rounds = Setting("WAYSTATION_FUZZ_ROUNDS", 3_000);
        byte[][] seeds = [.. Seeds()];
        var random = new Random(seed);
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Mutate(seeds[random.Next(seeds.Length)], random);
            try
            {
                Fuzz.Try(bytes);
            }
            catch (Exception trouble)
            {
                throw new InvalidOperationException($"Seed {seed}, round {round}, kept as {Keep(bytes)}.", trouble);
            }
        }
    }

    private static IEnumerable<byte[]> Seeds() =>
        Directory
            .EnumerateFiles(s_corpus)
            .Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)
            .Concat(Recording.Names("").Select(Recording.Read))
            .Where(bytes => bytes.Length < 4_000);

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int times = random.Next(1, 6); times > 0; times--)
        {
            int at = random.Next(bytes.Count + 1);
            int length = Math.Min(random.Next(1, 64), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0 when length > 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when length > 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(LineStart(bytes, at), Lines.ToBytes(s_words[random.Next(s_words.Length)]));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }

    // Whole lines put between whole lines reach deeper than noise does.
    private static int LineStart(List<byte> bytes, int at)
    {
        int start = 0;
        while (
            start + 4 <= at
            && int.TryParse(
                System.Text.Encoding.Latin1.GetString([.. bytes.GetRange(start, 4)]),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out int length
            )
        )
        {
            start += Math.Max(4, length);
        }
        return Math.Min(start, bytes.Count);
    }

    private static string Keep(byte[] bytes)
    {
        string folder = Environment.GetEnvironmentVariable("WAYSTATION_FUZZ_FINDINGS") ?? Path.GetTempPath();
        string file = Path.Combine(folder, "finding-" + Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
