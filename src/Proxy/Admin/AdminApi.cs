using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Work;
using Waystation.GitProtocol.Objects;
using Waystation.Primaries;

namespace Waystation.Proxy.Admin;

/// <summary>
/// What operators and their scripts see and do: JSON in, JSON out, problem details (RFC 9457) on error.
/// <code>
///   GET   /api/v1/status        the node
///   GET   /api/v1/repos         what is kept, by repository
///   GET   /api/v1/queue         background work that waits, runs or failed
///   GET   /api/v1/vet           what the last rounds of the vet found
///   POST  /api/v1/repos/purge   {"repo":"HOST/PATH"}: remove all that is kept of it
///   POST  /api/v1/repos/warm    make a mirror of it, with the service credential
///   POST  /api/v1/repos/sync    compare its mirror with the primary, now
/// </code>
/// </summary>
internal sealed class AdminApi(
    PrimaryMap primaries,
    MirrorSet mirrors,
    DiskPackTier packs,
    IServicePrimaries services,
    WorkQueue queue,
    VetReport vet,
    RepositoryPurge purge,
    TimeProvider time
)
{
    public const string Prefix = "/api/v1/";

    private readonly DateTimeOffset _started = time.GetUtcNow();

    public Task HandleAsync(HttpContext context) =>
        (context.Request.Method, context.Request.Path.Value!) switch
        {
            ("GET", "/api/v1/status") => AnswerAsync(context, Status()),
            ("GET", "/api/v1/repos") => AnswerAsync(
                context,
                mirrors.All().OrderBy(static mirror => mirror.Name.ToString(), StringComparer.Ordinal).Select(Repo)
            ),
            ("GET", "/api/v1/queue") => AnswerAsync(context, queue.Entries().Select(Work)),
            ("GET", "/api/v1/vet") => AnswerAsync(context, vet.Rounds),
            ("POST", "/api/v1/repos/purge") => ActAsync(context, async repository => await purge.PurgeAsync(repository)),
            ("POST", "/api/v1/repos/warm") => ActAsync(context, repository => Task.FromResult(Ask(WorkKind.Warm, repository))),
            ("POST", "/api/v1/repos/sync") => ActAsync(
                context,
                repository => Task.FromResult(Ask(mirrors.Find(repository) is null ? WorkKind.Warm : WorkKind.Vet, repository))
            ),
            (
                _,
                "/api/v1/status"
                    or "/api/v1/repos"
                    or "/api/v1/queue"
                    or "/api/v1/vet"
                    or "/api/v1/repos/purge"
                    or "/api/v1/repos/warm"
                    or "/api/v1/repos/sync"
            ) => FailAsync(context, StatusCodes.Status405MethodNotAllowed, "another method is wanted here"),
            _ => FailAsync(context, StatusCodes.Status404NotFound, "there is no such page under /api/v1/"),
        };

    private NodeStatus Status() =>
        new(
            typeof(AdminApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            _started,
            mirrors.All().Count,
            mirrors.All().Sum(static mirror => mirror.Bytes),
            packs.Count,
            packs.Bytes
        );

    private static RepoStatus Repo(Mirror mirror) =>
        new(mirror.Name.ToString(), mirror.ObjectFormat.Name, mirror.Bytes, mirror.Refs.Tips.Count, mirror.HoldsOrphans, mirror.LastUsed);

    private static WorkStatus Work(WorkEntry entry) =>
        new(Word(entry.Kind), entry.Repository.ToString(), entry.Due, entry.IsRunning, entry.Failures, entry.LastError);

    private static string Word(WorkKind kind) => kind.ToString().ToLowerInvariant();

    private object Ask(WorkKind kind, RepositoryName repository)
    {
        if (!services.Serves(repository))
        {
            throw new NotServedException(
                $"the node has no service credential for {repository}, or does not select it: Primaries:N:Service and Primaries:N:Projects"
            );
        }

        queue.Ask(kind, repository);
        return new { repo = repository.ToString(), queued = Word(kind) };
    }

    private async Task ActAsync(HttpContext context, Func<RepositoryName, Task<object>> act)
    {
        // A page in a browser may send a form anywhere, but JSON only where it is let.
        if (!context.Request.HasJsonContentType())
        {
            await FailAsync(context, StatusCodes.Status415UnsupportedMediaType, "send application/json");
            return;
        }

        RepoAction? action = null;
        try
        {
            action = await context.Request.ReadFromJsonAsync<RepoAction>(context.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Told below; the second is a charset that is none.
        }

        if (action?.Repo is not { } text || primaries.NameOf(text) is not { } repository)
        {
            await FailAsync(
                context,
                StatusCodes.Status400BadRequest,
                "send {\"repo\":\"HOST/PATH\"} with the host of a primary of this node, or with one primary {\"repo\":\"PATH\"}; "
                    + "PATH is written as in the URL of a clone: coded, without empty or dot segments, without a query"
            );
            return;
        }

        try
        {
            await AnswerAsync(context, await act(repository));
        }
        catch (NotServedException e)
        {
            await FailAsync(context, StatusCodes.Status409Conflict, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await FailAsync(context, StatusCodes.Status500InternalServerError, e.Message);
        }
    }

    private static Task AnswerAsync(HttpContext context, object answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(answer, context.RequestAborted);
    }

    private static Task FailAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            new ProblemDetails { Status = status, Detail = detail },
            options: null,
            "application/problem+json",
            context.RequestAborted
        );
    }

    private sealed record RepoAction(string? Repo);

    private sealed class NotServedException(string message) : Exception(message);
}

/// <summary>A node at a glance.</summary>
internal sealed record NodeStatus(string Version, DateTimeOffset Started, int Mirrors, long MirrorBytes, int Packs, long PackBytes);

/// <summary>One piece of background work.</summary>
internal sealed record WorkStatus(string Kind, string Repo, DateTimeOffset Due, bool Running, int Failures, string? LastError);

/// <summary>What is kept of one repository.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="ObjectFormat"><c>sha1</c> or <c>sha256</c>.</param>
/// <param name="MirrorBytes">Bytes of the mirror's packs.</param>
/// <param name="Refs">Refs of the mirror.</param>
/// <param name="HoldsOrphans">Objects may lie in it that no ref leads to.</param>
/// <param name="LastUsed">When an answer was last made from it.</param>
internal sealed record RepoStatus(string Repo, string ObjectFormat, long MirrorBytes, int Refs, bool HoldsOrphans, DateTime LastUsed);
