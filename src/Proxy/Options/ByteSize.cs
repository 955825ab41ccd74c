using System.Globalization;

namespace Waystation.Proxy.Options;

/// <summary>Sizes as people write them: <c>64GiB</c>, <c>10MiB</c>, <c>512</c>.</summary>
internal static class ByteSize
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        int digits = text.TakeWhile(char.IsAsciiDigit).Count();
        string unit = text[digits..].Trim();
        int power = unit.Length == 0 ? 0 : Array.IndexOf(s_units, unit);
        if (
            power < 0
            || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || number > long.MaxValue >> (10 * power)
        )
        {
            return false;
        }

        bytes = number << (10 * power);
        return true;
    }

    /// <summary>As <see cref="TryParse"/> reads it, in the largest unit that needs no fraction.</summary>
    public static string Exact(long bytes)
    {
        int unit = 0;
        while (bytes > 0 && bytes % 1024 == 0 && unit < s_units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes}{(unit == 0 ? "" : s_units[unit])}");
    }

    /// <summary>For people, with three digits.</summary>
    public static string Format(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value.ToString(value >= 100 || unit == 0 ? "0" : "0.#", CultureInfo.InvariantCulture)} {s_units[unit]}"
        );
    }
}
