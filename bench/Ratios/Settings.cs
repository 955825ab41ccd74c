using System.Globalization;

namespace Waystation.Ratios;

/// <summary>The measurements of a run, the number of samples, and whether the result is kept.</summary>
internal sealed record Settings(int Samples, IReadOnlyCollection<string> Measures)
{
    public const int FewestSamples = 5;

    public const string Use = "bench/run [--quick] [--samples N, at least 5] [--only NAME,…] [--repository PATH-OR-URL] [--keep]";

    /// <summary>Smaller repositories and fewest samples, for a look within five minutes.</summary>
    public bool IsQuick { get; init; }

    /// <summary>A real repository to take for the project that CI clones; null takes one made from a seed.</summary>
    public string? Repository { get; init; }

    /// <summary>Whether the table and the charts replace those in <c>docs</c>.</summary>
    public bool IsKept { get; init; }

    /// <summary>Null if the arguments are wrong.</summary>
    public static Settings? TryParse(IReadOnlyList<string> arguments, IReadOnlyCollection<string> all)
    {
        var settings = new Settings(0, all);
        for (int i = 0; i < arguments.Count; i++)
        {
            string? value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--quick":
                    settings = settings with { IsQuick = true };
                    continue;
                case "--keep":
                    settings = settings with { IsKept = true };
                    continue;
                case "--samples" when int.TryParse(value, CultureInfo.InvariantCulture, out int samples) && samples >= FewestSamples:
                    settings = settings with { Samples = samples };
                    break;
                case "--only" when value?.Split(',') is { } names && names.All(all.Contains):
                    settings = settings with { Measures = names };
                    break;
                case "--repository" when value is not null:
                    settings = settings with { Repository = value };
                    break;
                default:
                    return null;
            }

            i++;
        }

        return settings.Samples > 0 ? settings : settings with { Samples = settings.IsQuick ? FewestSamples : 7 };
    }
}
