using System.Globalization;
using Waystation.FetchCore.Forecasts;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>Puts a forecast into sentences, in the order in which a fetch meets the rungs.</summary>
internal static class ForecastWords
{
    public static IEnumerable<string> Of(Forecast seen, string primary)
    {
        if (!seen.IsReached)
        {
            yield return $"{primary} cannot be asked: {seen.Trouble}";
            yield return seen.IsRecorded
                ? "in an outage the node serves this credential by the refs that the primary showed to it lately"
                : "the primary has not lately accepted this credential, so the node serves nothing in an outage";
            yield break;
        }

        if (!seen.IsAccepted)
        {
            yield return $"{primary} does not accept this credential: {seen.Trouble}";
            yield break;
        }

        yield return Text($"{primary} accepts this credential and shows {seen.Refs} refs (protocol v{seen.ProtocolVersion})");
        if (seen.Wanted == 0)
        {
            yield return "there is nothing to clone: no ref fits";
            yield break;
        }

        yield return Text($"the clone wants {seen.Wanted} objects")
            + (seen.IsKnownPattern ? ", as clients lately asked for them" : ", as git asks for them; no client lately cloned in this way");
        if (seen.Reason == ForwardReason.TagsUnknown)
        {
            yield return "the primary does not show all tags, and the pack depends on them: the primary makes it";
            yield break;
        }

        if (seen.IsKept)
        {
            yield return "the pack cache has the pack";
            yield break;
        }

        yield return seen.IsMaking ? "the pack is being made now: the clone follows it" : "the pack cache does not have the pack";
        if (!seen.IsMaking)
        {
            yield return OfMirror(seen);
        }
    }

    private static string OfMirror(Forecast seen) =>
        !seen.IsKeeper ? "another node of the farm keeps the mirror: it is asked, and after it the primary"
        : !seen.AreMirrorsOn ? "mirrors are off (Mirrors:MaxSize), or the data folder cannot be written: the primary makes the pack"
        : !seen.HasMirror ? "there is no mirror: the primary makes the pack, and a full clone becomes the mirror"
        : seen.Miss == MissReason.Failed ? "git cannot look into the mirror: the primary makes the pack; the log says why"
        : seen.Missing > 0 ? Text($"the mirror lacks {seen.Missing} of them: one sync brings these, then git makes the pack on the node")
        : seen.AreTagsOther ? "the mirror has other tags than the primary shows: one sync brings them, then git makes the pack on the node"
        : "the mirror has all of them: git makes the pack on the node";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
