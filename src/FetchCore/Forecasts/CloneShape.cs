using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Forecasts;

/// <summary>
/// A clone as a user means it: <c>git clone</c>, with <c>--depth</c>, <c>--filter</c> or <c>--single-branch --branch</c>.
/// </summary>
/// <param name="Depth">The depth in commits; null for all history.</param>
/// <param name="Filter">The objects to leave out; null for none.</param>
/// <param name="Branch">The one branch; null for all branches, or with a depth for that of HEAD.</param>
public sealed record CloneShape(int? Depth, FilterSpec? Filter, string? Branch)
{
    private const string Heads = "refs/heads/";

    private bool IsOfOneBranch => Depth is not null || Branch is not null;

    /// <summary>Whether clients lately cloned in this way.</summary>
    /// <param name="pattern">How they cloned.</param>
    /// <param name="tips">The refs now.</param>
    public bool Fits(ClonePattern pattern, IReadOnlyCollection<RefTip> tips)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return pattern.Request.Depth == Depth
            && pattern.Request.Filter == Filter
            && (IsOfOneBranch ? pattern.Refs == SelectionOf(tips) : pattern.Refs.Kind is not RefSelectionKind.Named);
    }

    /// <summary>The request that git sends for it; null if there is nothing to clone.</summary>
    public FetchRequest? RequestOf(IReadOnlyCollection<RefTip> tips, ObjectFormat format) =>
        SelectionOf(tips)?.WantsOf(tips) is { } wants
            ? new FetchRequest
            {
                ObjectFormat = format,
                Wants = wants,
                Depth = Depth,
                Filter = Filter,
                ThinPack = true,
                OfsDelta = true,
                IncludeTag = IsOfOneBranch,
                Pack = PackWhen.AtOnce,
            }
            : null;

    private RefSelection? SelectionOf(IReadOnlyCollection<RefTip> tips)
    {
        if (!IsOfOneBranch)
        {
            return new RefSelection(RefSelectionKind.HeadsAndTags);
        }

        RefTip? head = tips.FirstOrDefault(static tip => tip.Name == "HEAD");
        string? name = Branch is not null ? Heads + Branch : head?.SymrefTarget ?? head?.Name;
        return name is null ? null : new RefSelection(RefSelectionKind.Named, name);
    }
}
