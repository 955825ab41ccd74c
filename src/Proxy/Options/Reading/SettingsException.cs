namespace Waystation.Proxy.Options.Reading;

/// <summary>Settings that cannot be used: all of them, each with its name, its value and the accepted values.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
