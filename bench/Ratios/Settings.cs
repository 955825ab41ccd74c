using System.Globalization;

namespace Waystation.Ratios;

/// <summary>What is measured, and how often.</summary>
internal sealed record Settings(int Samples, IReadOnlyCollection<string> Measures)
{
    public const int FewestSamples = 5;

    public static IReadOnlyList<string> AllMeasures { get; } = ["replay", "refs", "upload", "shallow", "crowd", "memory", "first-byte", "ssh"];

    /// <summary>Null where the arguments are not ours.</summary>
    public static Settings? TryParse(IReadOnlyList<string> arguments)
    {
        var settings = new Settings(7, AllMeasures);
        for (int i = 0; i < arguments.Count; i += 2)
        {
            string? value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--samples" when int.TryParse(value, CultureInfo.InvariantCulture, out int samples) && samples >= FewestSamples:
                    settings = settings with { Samples = samples };
                    break;
                case "--only" when value?.Split(',') is { } names && names.All(AllMeasures.Contains):
                    settings = settings with { Measures = names };
                    break;
                default:
                    return null;
            }
        }

        return settings;
    }
}
