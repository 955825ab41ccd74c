using System.Text;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Tests.Objects;

public sealed class ObjectLinksTests
{
    [Theory]
    [InlineData(ObjectFormat.Sha1)]
    [InlineData(ObjectFormat.Sha256)]
    public void Commit_NamesItsTreeAndItsParents(ObjectFormat format)
    {
        string content = $"tree {Hex(format, 1)}\nparent {Hex(format, 2)}\nparent {Hex(format, 3)}\nauthor A <a@b> 1 +0000\n\nparent x\n";
        Assert.Equal(
            [
                new ObjectLink(Id(format, 1), ObjectKind.Tree),
                new ObjectLink(Id(format, 2), ObjectKind.Commit),
                new ObjectLink(Id(format, 3), ObjectKind.Commit),
            ],
            Read(ObjectKind.Commit, Encoding.ASCII.GetBytes(content), format)
        );
    }

    [Theory]
    [InlineData(ObjectFormat.Sha1)]
    [InlineData(ObjectFormat.Sha256)]
    public void Tree_NamesItsEntries_ButNoSubmodule(ObjectFormat format)
    {
        byte[] content =
        [
            .. Entry("100644 a b", format, 1),
            .. Entry("120000 link", format, 2),
            .. Entry("160000 submodule", format, 3),
            .. Entry("40000 folder", format, 4),
        ];
        Assert.Equal(
            [
                new ObjectLink(Id(format, 1), ObjectKind.Blob),
                new ObjectLink(Id(format, 2), ObjectKind.Blob),
                new ObjectLink(Id(format, 4), ObjectKind.Tree),
            ],
            Read(ObjectKind.Tree, content, format)
        );
    }

    [Fact]
    public void Tag_NamesItsObject() =>
        Assert.Equal(
            [new ObjectLink(Id(ObjectFormat.Sha1, 1), ObjectKind.Tag)],
            Read(ObjectKind.Tag, Encoding.ASCII.GetBytes($"object {Hex(ObjectFormat.Sha1, 1)}\ntype tag\ntag v1\n"), ObjectFormat.Sha1)
        );

    [Fact]
    public void Blob_NamesNothing() => Assert.Empty(Read(ObjectKind.Blob, "tree"u8, ObjectFormat.Sha1)!);

    [Theory]
    [InlineData(ObjectKind.Commit, "")]
    [InlineData(ObjectKind.Commit, "tree 12\n")]
    [InlineData(ObjectKind.Commit, "tree 1111111111111111111111111111111111111111")]
    [InlineData(ObjectKind.Commit, "tree 1111111111111111111111111111111111111111\nparent 1\n")]
    [InlineData(ObjectKind.Tag, "object 1111111111111111111111111111111111111111\n")]
    [InlineData(ObjectKind.Tag, "object 1111111111111111111111111111111111111111\ntype thing\n")]
    [InlineData(ObjectKind.Tree, "100644 a")]
    [InlineData(ObjectKind.Tree, "100644 a\0tooshort")]
    [InlineData(ObjectKind.Tree, " a\011111111111111111111")]
    [InlineData(ObjectKind.Tree, "100644100644 a\011111111111111111111")]
    public void ContentThatIsNotWellFormed_IsRefused(ObjectKind kind, string content) =>
        Assert.Null(Read(kind, Encoding.ASCII.GetBytes(content), ObjectFormat.Sha1));

    private static List<ObjectLink>? Read(ObjectKind kind, ReadOnlySpan<byte> content, ObjectFormat format)
    {
        List<ObjectLink> links = [];
        return ObjectLinks.TryRead(kind, content, format, links) ? links : null;
    }

    private static byte[] Entry(string head, ObjectFormat format, byte number) =>
        [.. Encoding.ASCII.GetBytes(head + '\0'), .. Raw(format, number)];

    private static byte[] Raw(ObjectFormat format, byte number) => [.. Enumerable.Repeat(number, format.DigestLength)];

    private static ObjectId Id(ObjectFormat format, byte number) => ObjectId.FromRaw(Raw(format, number));

    private static string Hex(ObjectFormat format, byte number) => Id(format, number).ToString();
}
