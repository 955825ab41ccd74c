using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>Fixed dates, so that the same commit made in two clones has one id.</summary>
internal static class Dates
{
    public static IReadOnlyDictionary<string, string> Fixed { get; } =
        new Dictionary<string, string> { ["GIT_AUTHOR_DATE"] = "2024-06-01T12:00:00Z", ["GIT_COMMITTER_DATE"] = "2024-06-01T12:00:00Z" };

    /// <summary>A client all of whose commits have this date.</summary>
    public static GitClient Fix(GitClient client)
    {
        var variables = new Dictionary<string, string>(client.Variables);
        foreach ((string name, string value) in Fixed)
        {
            variables[name] = value;
        }

        return client with
        {
            Variables = variables,
        };
    }
}
