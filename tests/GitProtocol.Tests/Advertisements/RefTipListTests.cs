using System.Text;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Tests.Advertisements;

public sealed class RefTipListTests
{
    [Fact]
    public void Tips_ComeBackAsTheyWere()
    {
        const int Seed = 1_907;
        var random = new Random(Seed);
        foreach (int count in (int[])[0, 1, 2, 17, 1_000, 20_000])
        {
            RefTip[] tips = [.. Enumerable.Range(0, count).Select(i => NextTip(random, i))];
            var list = RefTipList.Of(tips);
            Assert.Equal(count, list.Count);
            Assert.Equal(tips, list);
            Assert.Equal(tips.Where(static tip => tip.Peeled is not null), list.Peeled());
            for (int look = 0; look < Math.Min(count, 50); look++)
            {
                int index = random.Next(count);
                Assert.Equal(tips[index], list[index]);
            }

            Assert.Throws<ArgumentOutOfRangeException>(() => list[count]);
            Assert.Throws<ArgumentOutOfRangeException>(() => list[-1]);
            Assert.Same(list, RefTipList.Of(list));
        }
    }

    [Fact]
    public void EqualTips_HaveEqualChunks_HoweverTheyCame()
    {
        var random = new Random(1_908);
        RefTip[] tips = [.. Enumerable.Range(0, 3_000).Select(i => NextTip(random, i))];
        var builder = new RefTipListBuilder();
        foreach (RefTip tip in tips)
        {
            // Peeled ids of an advertisement come in a line of their own, and a listing may be looked at before it is whole.
            byte[]? target = tip.SymrefTarget is { } name ? RefName.ToBytes(name) : null;
            builder.Add(RefName.ToBytes(tip.Name), tip.Id, peeled: null, target);
            if (tip.Peeled is { } peeled)
            {
                builder.PeelLast(peeled);
            }

            if (random.Next(100) == 0)
            {
                Assert.Equal(builder.Count, builder.ToList().Count);
            }
        }

        var expected = RefTipList.Of(tips);
        RefTipList actual = builder.ToList();
        Assert.Equal(expected.Chunks.Select(static chunk => Convert.ToHexString(chunk.Span)), actual.Chunks.Select(Hex));
        Assert.NotEqual(expected.Chunks.Select(Hex), RefTipList.Of(tips.Reverse()).Chunks.Select(Hex));

        static string Hex(ReadOnlyMemory<byte> chunk) => Convert.ToHexString(chunk.Span);
    }

    [Fact]
    public void LongestTips_FitIntoAChunk()
    {
        string longest = "refs/heads/" + new string('x', RefName.MaxLength - 11);
        RefTip[] tips =
        [
            .. Enumerable
                .Range(0, 9)
                .Select(i => new RefTip(i + longest[1..], Id(i, ObjectFormat.Sha256), Id(i + 1, ObjectFormat.Sha256), longest)),
        ];
        Assert.Equal(tips, RefTipList.Of(tips));
    }

    /// <summary>What a ticket keeps of each ref, with names as those of build jobs.</summary>
    [Theory]
    [InlineData(200_000, 48)]
    [InlineData(1_000_000, 48)]
    public void ARef_TakesFewBytes_AndNoObjectOfItsOwn(int count, int most)
    {
        byte[] answer = new byte[count * 80];
        int length = 0;
        for (int i = 0; i < count; i++)
        {
            string text = $"{Id(i, ObjectFormat.Sha1)} refs/heads/job/{i / 1_000:D3}/{i:D6}\n";
            length += Encoding.ASCII.GetBytes($"{text.Length + 4:x4}{text}", answer.AsSpan(length));
        }

        length += Encoding.ASCII.GetBytes("0000", answer.AsSpan(length));
        ReadOnlySpan<byte> line = answer.AsSpan(0, length);
        var reader = new LsRefsReader(ObjectFormat.Sha1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int at = 0; at < line.Length; at += 16 * 1024)
        {
            reader.Read(line[at..Math.Min(line.Length, at + (16 * 1024))]);
        }

        Assert.True(reader.IsComplete);
        RefTipList tips = reader.Tips;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(count, tips.Count);
        Assert.InRange(tips.Bytes, 1, (long)count * most);

        // Each chunk is made twice: while it grows, and in its length.
        Assert.InRange(allocated, 1, 2L * count * most);
    }

    /// <summary>The next listing of a repository has a few refs more, fewer or elsewhere, and the memory of all others already.</summary>
    [Fact]
    public void NextList_SharesTheChunksOfTheLastOne()
    {
        const int Seed = 1_909;
        var random = new Random(Seed);
        List<RefTip> tips =
        [
            .. Enumerable.Range(0, 20_000).Select(static i => new RefTip($"refs/heads/job/{i:D6}", Id(i, ObjectFormat.Sha1), null, null)),
        ];
        var list = RefTipList.Of(tips);
        Assert.InRange(list.Chunks.Count, 40, 200);
        for (int round = 0; round < 30; round++)
        {
            int at = random.Next(tips.Count);
            switch (random.Next(3))
            {
                case 0:
                    tips.RemoveAt(at);
                    break;
                case 1:
                    tips[at] = tips[at] with { Id = Id(-round - 1, ObjectFormat.Sha1) };
                    break;
                default:
                    tips.Insert(at + 1, tips[at] with { Name = $"{tips[at].Name}-{round}" });
                    break;
            }

            RefTipList next = Next(tips, list);
            Assert.Equal(tips, next);
            Assert.InRange(next.Chunks.Count(chunk => !list.Chunks.Contains(chunk)), 1, 3);
            list = next;
        }

        Assert.All(Next(tips, list).Chunks, chunk => Assert.Contains(chunk, list.Chunks));
    }

    [Fact]
    public void NextList_IsRight_WhateverTheLastOneWas()
    {
        var random = new Random(1_910);
        for (int round = 0; round < 50; round++)
        {
            RefTip[] tips = [.. Enumerable.Range(0, random.Next(3_000)).Select(i => NextTip(random, i))];
            RefTip[] last = [.. tips.Where(_ => random.Next(100) > 0)];
            if (random.Next(2) == 0)
            {
                last = [.. last.OrderBy(static tip => tip.Name, StringComparer.Ordinal)];
            }

            Assert.Equal(tips, Next(tips, RefTipList.Of(last)));
        }
    }

    private static RefTipList Next(IEnumerable<RefTip> tips, RefTipList last)
    {
        var builder = new RefTipListBuilder(last);
        foreach (RefTip tip in tips)
        {
            builder.Add(tip);
        }

        return builder.ToList();
    }

    private static RefTip NextTip(Random random, int i)
    {
        ObjectFormat format = random.Next(3) == 0 ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
        string name = random.Next(4) switch
        {
            0 => "HEAD",
            1 => $"refs/tags/\u00e4/v{i}",
            _ => $"refs/heads/{new string('n', random.Next(300))}/{i}",
        };
        return new RefTip(
            name,
            Id(i, format),
            random.Next(3) == 0 ? Id(i + 7, random.Next(2) == 0 ? ObjectFormat.Sha1 : ObjectFormat.Sha256) : null,
            random.Next(9) == 0 ? $"refs/heads/{i}" : null
        );
    }

    private static ObjectId Id(int seed, ObjectFormat format)
    {
        byte[] raw = new byte[format.DigestLength];
        new Random(seed).NextBytes(raw);
        return ObjectId.FromRaw(raw);
    }
}
