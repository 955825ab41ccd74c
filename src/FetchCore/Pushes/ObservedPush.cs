using Waystation.CacheStore;
using Waystation.CacheStore.Pushes;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Pushing;

namespace Waystation.FetchCore.Pushes;

/// <summary>A push that passed through, with the primary's report.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The pusher's credential.</param>
/// <param name="Primary">The primary, asked in the pusher's name, for this one push.</param>
/// <param name="Copy">The copy of the push; the receiver disposes it.</param>
/// <param name="Report">The primary's report.</param>
public sealed record ObservedPush(
    RepositoryName Repository,
    Credential Credential,
    IPrimary Primary,
    PushCopy Copy,
    PushReportReader Report
)
{
    /// <summary>Whether the primary accepted all of it. Call it when the copy is whole.</summary>
    public bool IsTaken =>
        Report is { HasAnswer: true, IsUnpacked: true }
        && Report.Done.Count == Copy.Request.Commands.Count
        && Copy.Request.Commands.Count > 0;

    /// <summary>The new tips of the refs that it made or moved, as far as they are known.</summary>
    public IEnumerable<ObjectId> Tips() =>
        Copy
            .Request.Commands.Select(command => Report.Done.FirstOrDefault(done => done.Name == command.Name)?.ActualNew ?? command.New)
            .Where(static id => !id.IsZero)
            .Distinct();

    /// <summary>The refs that the primary reports as changed. Call it when the copy is whole.</summary>
    public IReadOnlyList<PushedRef> Moved() =>
        [
            .. Copy.Request.Commands.SelectMany(command =>
                Report
                    .Done.Where(done => done.Name == command.Name)
                    .Select(done => new PushedRef(
                        done.ActualName ?? done.Name,
                        done.ActualNew is { IsZero: false } actual ? actual
                            : command.IsDeletion ? null
                            : command.New
                    ))
            ),
        ];

    /// <summary>The refs that it removed.</summary>
    public IEnumerable<string> Gone() =>
        Copy.Request.Commands.Where(static command => command.IsDeletion).Select(static command => command.Name);
}
