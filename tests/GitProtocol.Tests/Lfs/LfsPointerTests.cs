using System.Text;
using Waystation.GitProtocol.Lfs;

namespace Waystation.GitProtocol.Tests.Lfs;

public sealed class LfsPointerTests
{
    private const string Hex = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    private const string Version = "version https://git-lfs.github.com/spec/v1\n";
    private const string Oid = $"oid sha256:{Hex}\n";

    [Theory]
    [InlineData(Version + Oid + "size 12345\n", 12_345)]
    [InlineData(Version + Oid + "size 0\n", 0)]
    [InlineData(Version + Oid + "size 9223372036854775807\n", long.MaxValue)]
    [InlineData(Version + $"ext-0-foo sha256:{Hex}\next-1-bar sha256:{Hex}\n" + Oid + "size 1\n", 1)]
    public void Pointer_IsRead(string text, long size)
    {
        Assert.True(LfsPointer.TryParse(Encoding.UTF8.GetBytes(text), out LfsObject pointed));
        Assert.Equal((Hex, size), (pointed.Id.ToString(), pointed.Size));
    }

    [Theory]
    [InlineData(Version + Oid + "size 12345\n")]
    [InlineData(Version + $"ext-0-foo sha256:{Hex}\n" + Oid + "size 1\n")]
    public void Pointer_IsNotRead_WhereverItIsCut(string text)
    {
        byte[] whole = Encoding.UTF8.GetBytes(text);
        for (int cut = 0; cut < whole.Length; cut++)
        {
            Assert.False(LfsPointer.TryParse(whole.AsSpan(0, cut), out _), $"cut at {cut}");
            Assert.False(LfsPointer.TryParse(whole.AsSpan(cut + 1), out _), $"cut before {cut + 1}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(Version + Oid + "size 12345\n\n")]
    [InlineData(Version + Oid + "size 12345\r\n")]
    [InlineData(Version + Oid + "size -1\n")]
    [InlineData(Version + Oid + "size +1\n")]
    [InlineData(Version + Oid + "size 01\n")]
    [InlineData(Version + Oid + "size 1 \n")]
    [InlineData(Version + Oid + "size 1e3\n")]
    [InlineData(Version + Oid + "size 9223372036854775808\n")]
    [InlineData(Version + Oid + "size 1\nzzz 1\n")]
    [InlineData(Version + "size 1\n" + Oid)]
    [InlineData(Oid + Version + "size 1\n")]
    [InlineData("version https://git-lfs.github.com/spec/v2\n" + Oid + "size 1\n")]
    [InlineData(" " + Version + Oid + "size 1\n")]
    [InlineData(Version + "oid sha1:" + Hex + "\nsize 1\n")]
    [InlineData(Version + "oid sha256:4D7A214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 1\n")]
    [InlineData(Version + "ext-0-foo sha256:1\n" + Oid + "size 1\n")]
    [InlineData(Version + "ext-x-foo sha256:" + Hex + "\n" + Oid + "size 1\n")]
    public void OtherFile_IsNoPointer(string text) => Assert.False(LfsPointer.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void PointerOfTheLimit_IsNoPointer()
    {
        string name = new('n', LfsPointer.MaxLength - (Version + $"ext-0- sha256:{Hex}\n" + Oid + "size 1\n").Length);
        string text = Version + $"ext-0-{name} sha256:{Hex}\n" + Oid + "size 1\n";
        Assert.Equal(LfsPointer.MaxLength, text.Length);
        Assert.False(LfsPointer.TryParse(Encoding.UTF8.GetBytes(text), out _));
        Assert.True(LfsPointer.TryParse(Encoding.UTF8.GetBytes(text.Replace("nn", "n", StringComparison.Ordinal)), out _));
    }
}
