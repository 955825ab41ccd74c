using System.Text;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Tests.Secrets;

public sealed class FarmSecretsTests
{
    private const string Old = "the-first-secret-of-this-farm-0123456789";
    private const string New = "the-second-secret-of-this-farm-987654321";
    private static readonly byte[] s_content = Encoding.UTF8.GetBytes("a ticket");
    private static readonly byte[] s_context = Encoding.UTF8.GetBytes("its name");

    [Fact]
    public void Open_ReturnsWhatWasSealed()
    {
        var secrets = new FarmSecrets([Old]);
        Assert.Equal(s_content, secrets.Open("tickets", s_context, secrets.Seal("tickets", s_context, s_content)));
    }

    [Fact]
    public void Open_RefusesEveryChangedBitAndEveryCut()
    {
        var secrets = new FarmSecrets([Old]);
        byte[] good = secrets.Seal("tickets", s_context, s_content);
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(secrets.Open("tickets", s_context, bad));
        }

        for (int length = 0; length < good.Length; length++)
        {
            Assert.Null(secrets.Open("tickets", s_context, good.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Open_RefusesAnotherPurposeContextOrSecret()
    {
        byte[] good = new FarmSecrets([Old]).Seal("tickets", s_context, s_content);
        Assert.Null(new FarmSecrets([Old]).Open("nodes", s_context, good));
        Assert.Null(new FarmSecrets([Old]).Open("tickets", s_content, good));
        Assert.Null(new FarmSecrets([New]).Open("tickets", s_context, good));
    }

    /// <summary>The steps of a rotation: the new secret is added behind the old one, then the lines change places, then the old one
    /// goes.</summary>
    [Fact]
    public void Rotation_KeepsNeighbouringStepsTogether()
    {
        FarmSecrets[] steps = [new([Old]), new([Old, New]), new([New, Old]), new([New])];
        for (int step = 1; step < steps.Length; step++)
        {
            byte[] before = steps[step - 1].Seal("tickets", s_context, s_content);
            byte[] after = steps[step].Seal("tickets", s_context, s_content);
            Assert.Equal(s_content, steps[step].Open("tickets", s_context, before));
            Assert.Equal(s_content, steps[step - 1].Open("tickets", s_context, after));
        }
    }

    [Theory]
    [InlineData()]
    [InlineData("too short")]
    [InlineData(Old, "too short")]
    [InlineData(Old, New, "a-third-secret-of-this-farm-0123456789")]
    public void Secrets_AreOneOrTwoLongLines(params string[] lines) => Assert.Throws<FarmSecretException>(() => new FarmSecrets(lines));
}
