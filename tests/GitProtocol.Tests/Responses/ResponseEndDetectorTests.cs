using System.Text;
using Waystation.GitProtocol.Responses;
using Waystation.GitProtocol.Tests.Golden;

namespace Waystation.GitProtocol.Tests.Responses;

public sealed class ResponseEndDetectorTests
{
    public static TheoryData<string> Responses => Recording.Named(".response");

    /// <summary>Every response of real git may end at its end.</summary>
    [Theory, MemberData(nameof(Responses))]
    public void RealAnswer_MayEnd(string name)
    {
        byte[] bytes = Recording.Read(name);
        Assert.True(Ends(bytes));
        var check = new ResponseEndDetector();
        foreach (byte one in bytes)
        {
            check.Read([one]);
        }

        Assert.True(check.MayEndHere);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("0008NAK\n", true)]
    [InlineData("0031ACK 1111111111111111111111111111111111111111\n", true)]
    [InlineData("0038ACK 1111111111111111111111111111111111111111 common\n", false)]
    [InlineData("0037ACK 1111111111111111111111111111111111111111 ready\n", false)]
    [InlineData("0038ACK 1111111111111111111111111111111111111111 common\n0008NAK\n", true)]
    [InlineData("0008NAK\nPACK....", true)]
    [InlineData("0034shallow 1111111111111111111111111111111111111111", false)]
    [InlineData("0034shallow 1111111111111111111111111111111111111111" + "0000", true)]
    [InlineData("0014acknowledgments\n0008NAK\n0001", true)]
    [InlineData("0014acknowledgments\n0008NAK\n", true)]
    [InlineData("0014acknowledgments\n0008NA", false)]
    [InlineData("0008NA", false)]
    [InlineData("00", false)]
    [InlineData("000dERR gone\n", true)]
    public void Answer_MayEnd_WhereARoundIsOver(string answer, bool mayEnd) => Assert.Equal(mayEnd, Ends(Encoding.Latin1.GetBytes(answer)));

    /// <summary>A v2 client waits for the flush-pkt, whatever else ends a round.</summary>
    [Theory]
    [InlineData("", false)]
    [InlineData("0000", true)]
    [InlineData("0014acknowledgments\n0008NAK\n0000", true)]
    [InlineData("0014acknowledgments\n0008NAK\n", false)]
    [InlineData("0014acknowledgments\n0008NAK\n0001", false)]
    [InlineData("000dERR gone\n", false)]
    [InlineData("00000", false)]
    [InlineData("00000008NAK\n", false)]
    [InlineData("0000PACK", false)]
    [InlineData("PACK0000", false)]
    public void Answer_EndsWithAFlush_WhereNothingFollowsIt(string answer, bool ends)
    {
        var whole = new ResponseEndDetector();
        whole.Read(Encoding.Latin1.GetBytes(answer));
        Assert.Equal(ends, whole.EndedWithFlush);
        var cut = new ResponseEndDetector();
        foreach (char one in answer)
        {
            cut.Read([(byte)one]);
        }

        Assert.Equal(ends, cut.EndedWithFlush);
    }

    private static bool Ends(byte[] bytes)
    {
        var check = new ResponseEndDetector();
        check.Read(bytes);
        return check.MayEndHere;
    }
}
