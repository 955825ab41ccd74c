using Waystation.Proxy.Dashboard.Pages;

namespace Waystation.Dashboard.Tests;

/// <summary>Numbers and times in words.</summary>
public sealed class WordsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "just now")]
    [InlineData(-4, "just now")]
    [InlineData(12, "10 s ago")]
    [InlineData(59.6, "55 s ago")]
    [InlineData(119, "1 min ago")]
    [InlineData(3_600, "1 h ago")]
    [InlineData(172_000, "47 h ago")]
    [InlineData(172_800, "2 days ago")]
    [InlineData(-90, "in 1 min")]
    public void Ago_IsAsPeopleSayIt(double seconds, string words) => Assert.Equal(words, Words.Ago(s_now.AddSeconds(-seconds), s_now));

    [Theory]
    [InlineData(0.99999, "99.9 %")]
    [InlineData(1, "100 %")]
    [InlineData(0, "0 %")]
    [InlineData(0.5, "50 %")]
    public void Percent_IsFullOnlyWhereAllIs(double share, string words) => Assert.Equal(words, Words.Percent(share));

    [Theory]
    [InlineData("team/tool.git", "team/tool.git")]
    [InlineData("a\u202Eb", "a\\u202eb")]
    [InlineData("a\u200Bb\u2028c\td", "a\\u200bb\\u2028c\\u0009d")]
    [InlineData("\u05D0\u05D1/\u4E2D.git", "\u05D0\u05D1/\u4E2D.git")]
    [InlineData("rocket \U0001F680", "rocket \U0001F680")]
    public void Plain_ShowsWhatIsNotSeen(string text, string plain) => Assert.Equal(plain, Words.Plain(text));
}
