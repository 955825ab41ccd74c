namespace Waystation.Proxy.Dashboard.Charts;

/// <summary>A part of a bar, in units of the drawing.</summary>
/// <param name="Style">Its class.</param>
/// <param name="X">Left.</param>
/// <param name="Y">Top.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
public sealed record ChartBox(string Style, double X, double Y, double Width, double Height);
