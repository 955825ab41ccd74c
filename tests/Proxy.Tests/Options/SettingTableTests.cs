using Microsoft.Extensions.Configuration;
using Waystation.CacheStore.Options;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Tests.Options;

/// <summary>Rules for every setting, also for new ones: its range is that of its attribute, its default is accepted.</summary>
public sealed class SettingTableTests
{
    public static TheoryData<string> Names { get; } = [.. SettingTable.All.Select(static one => one.Setting.Name)];

    public static TheoryData<string> NamesWithRange { get; } =
    [.. SettingTable.All.Select(static one => one.Setting).Where(static one => one.RangeOrNull is not null).Select(static one => one.Name)];

    [Fact]
    public void Settings_AreAllInTheTable() => Assert.InRange(SettingTable.All.Count, 50, 500);

    [Theory]
    [MemberData(nameof(Names))]
    public void Setting_IsDescribed_InSentences(string name)
    {
        SettingAttribute about = SettingTable.All.Single(one => one.Setting.Name == name).Setting.About;

        Assert.Matches(@"^[A-Z0-9].*\.$", about.Description);
        Assert.Equal(about.Option is null, about.ValueName is null);
    }

    [Theory]
    [MemberData(nameof(NamesWithRange))]
    public void Setting_IsAccepted_InItsRangeAlone(string name)
    {
        Setting setting = SettingTable.All.Single(one => one.Setting.Name == name).Setting;
        string least = setting.RangeOrNull!.Minimum.ToString()!;
        string most = setting.RangeOrNull!.Maximum.ToString()!;

        Assert.Null(ProblemWith(name, least));
        Assert.Null(ProblemWith(name, most));
        Assert.Contains("accepted is", ProblemWith(name, Beside(setting, least, -1)), StringComparison.Ordinal);
        Assert.Contains("accepted is", ProblemWith(name, Beside(setting, most, 1)), StringComparison.Ordinal);
    }

    /// <summary>The problem of a name with a value; null if there is none. Problems of other names do not count.</summary>
    private static string? ProblemWith(string name, string value)
    {
        try
        {
            OptionsReader.Read(
                new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [name] = value }).Build()
            );
            return null;
        }
        catch (SettingsException e)
        {
            return e.Problems.SingleOrDefault(problem => problem.StartsWith($"{name} = ", StringComparison.Ordinal));
        }
    }

    /// <summary>The value that is one more or less.</summary>
    private static string Beside(Setting setting, string value, int by) =>
        setting.ValueType == typeof(TimeSpan)
            ? (TimeSpan.Parse(value) + TimeSpan.FromTicks(by)).ToString()
            : (long.Parse(value) + by).ToString();
}
