using System.Text;
using Waystation.GitProtocol.Lfs;

namespace Waystation.GitProtocol.Tests.Lfs;

public sealed class LfsObjectIdTests
{
    private const string Hex = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";

    [Fact]
    public void Id_IsItsDigits()
    {
        Assert.True(LfsObjectId.TryParse(Hex.AsSpan(), out LfsObjectId id));
        Assert.True(LfsObjectId.TryParse(Encoding.ASCII.GetBytes(Hex), out LfsObjectId same));
        Assert.Equal(id, same);
        Assert.Equal(Hex, id.ToString());
        byte[] raw = new byte[LfsObjectId.RawLength];
        id.CopyTo(raw);
        Assert.Equal(id, LfsObjectId.FromRaw(raw));
        Assert.Equal(Convert.FromHexString(Hex), raw);
    }

    [Theory]
    [InlineData("")]
    [InlineData("4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e239")]
    [InlineData("4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e23930")]
    [InlineData("4D7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393")]
    [InlineData("gd7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393")]
    [InlineData("../a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393")]
    [InlineData("ſd7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393")]
    [InlineData("4d7a214614ab2935c943f9e0ff69d22eadbb8f32")]
    public void OtherText_IsNoId(string text)
    {
        Assert.False(LfsObjectId.TryParse(text.AsSpan(), out _));
        Assert.False(LfsObjectId.TryParse(Encoding.UTF8.GetBytes(text), out _));
    }
}
