using System.Globalization;
using Waystation.CacheStore;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Vet;
using Waystation.Primaries;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>Says in a word how a repository fares at this node, and in a sentence why it does not fare well.</summary>
internal sealed class RepositoryHealth(PrimaryMap primaries, MirrorLags lags)
{
    public const string Ok = "ok";

    /// <summary>The word and the sentence; the sentence is null if all is well.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="failing">The work on it that failed last; null if none did.</param>
    public (string Word, string? Trouble) Of(RepositoryName repository, WorkEntry? failing)
    {
        if (primaries.OfAny(repository) is not { } primary)
        {
            return ("foreign", "no primary of this node has this host: waystation remove deletes its data");
        }

        if (!primary.IsSelected(repository))
        {
            return ("excluded", "Projects does not select it: it is forwarded, and its data is removed after Projects:RemoveAfter");
        }

        if (primary.Http.Health.IsOut)
        {
            return ("outage", "the primary does not answer");
        }

        if (failing is not null)
        {
            return (
                "failing",
                string.Create(CultureInfo.InvariantCulture, $"{failing.Kind.ToWord()} failed {failing.Failures} times: ")
                    + failing.LastError
            );
        }

        return lags.LagOf(repository) is { } lag
            ? ("behind", string.Create(CultureInfo.InvariantCulture, $"the primary has had newer refs for {lag.TotalSeconds:0} s"))
            : (Ok, null);
    }
}
