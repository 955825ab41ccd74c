namespace Waystation.Proxy.Commands;

/// <summary>Whether a person reads the output as it comes.</summary>
internal static class Terminal
{
    public static bool IsThere => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
}
