using System.Globalization;
using System.Text;

namespace Waystation.Ratios.Reporting;

/// <summary>Horizontal bars from zero, with a mark from the least to the most sample: a picture of one comparison, as SVG without scripts
/// or fonts.</summary>
/// <param name="Name">The file's name without its ending.</param>
/// <param name="Title">The measurement and its unit.</param>
internal sealed record BarChart(string Name, string Title)
{
    private const int Width = 760,
        Labels = 250,
        Line = 30,
        Top = 44,
        Figures = 90;

    private readonly List<(string Label, Samples Value, bool IsOurs)> _bars = [];

    /// <summary>Adds a bar below the others.</summary>
    public BarChart With(string label, Samples value, bool isOurs = false)
    {
        _bars.Add((label, value, isOurs));
        return this;
    }

    public string ToSvg()
    {
        double most = _bars.Max(static bar => bar.Value.Most),
            scale = (Width - Labels - Figures) / Math.Max(most, double.Epsilon);
        int height = Top + (_bars.Count * Line) + 10;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" viewBox="0 0 {Width} {height}"
                font-family="sans-serif" font-size="13">
            <rect width="{Width}" height="{height}" fill="#ffffff"/>
            <text x="12" y="26" font-size="15" font-weight="bold" fill="#1f2328">{Escape(Title)}</text>

            """
        );
        for (int i = 0; i < _bars.Count; i++)
        {
            (string label, Samples value, bool isOurs) = _bars[i];
            double y = Top + (i * Line),
                length = Math.Max(value.Median * scale, 1),
                middle = y + 10;
            double least = Labels + (value.Least * scale),
                greatest = Labels + (value.Most * scale);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"""
                <text x="{Labels - 8}" y="{y + 15:0.#}" text-anchor="end" fill="#1f2328">{Escape(label)}</text>
                <rect x="{Labels}" y="{y:0.#}" width="{length:0.#}" height="20" rx="2" fill="{(isOurs ? "#1a7f6b" : "#9aa4b2")}"/>
                <path d="M{least:0.#} {middle:0.#}H{greatest:0.#}" stroke="#1f2328" stroke-width="1"/>
                <text x="{Math.Max(Labels + length, greatest) + 6:0.#}" y="{y + 15:0.#}" fill="#1f2328">{Figure(value.Median)}</text>

                """
            );
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Figure(double value) =>
        value.ToString(
            value >= 100 ? "#,0"
                : value >= 1 ? "0.0"
                : "0.000",
            CultureInfo.InvariantCulture
        );

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace("`", "", StringComparison.Ordinal);
}
