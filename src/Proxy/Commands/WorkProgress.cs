using System.CommandLine;
using Spectre.Console;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary>
/// Verbs that queue work at a node, and wait for its end if asked to: with a bar for each repository on a terminal, else with a line when
/// each has ended. In a farm only work of the asked node is waited for.
/// </summary>
internal static class WorkProgress
{
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(250);

    /// <summary>The option to wait.</summary>
    public static Option<bool> WaitOption() =>
        new("--wait") { Description = "Waits until the work is done. The exit code is 1 if a piece of it fails." };

    /// <summary>A verb that queues work on each repository of the command line.</summary>
    /// <param name="name">The verb.</param>
    /// <param name="description">The help.</param>
    /// <param name="page">The path of its page among the actions on a repository.</param>
    public static Command Command(string name, string description, string page)
    {
        Argument<string[]> repositories = NodeCommand.Repositories();
        Option<bool> wait = WaitOption();
        var command = new Command(name, description) { repositories, wait };
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(
                    parsed,
                    client =>
                        RunAsync(
                            client,
                            token => QueueAsync(client, page, parsed.GetRequiredValue(repositories), token),
                            parsed.GetValue(wait),
                            cancellationToken
                        ),
                    cancellationToken
                )
        );
        return command;
    }

    /// <summary>Queues work, tells it, and waits for its end if asked to.</summary>
    /// <exception cref="AdminException">The node refused, or a piece of the work failed.</exception>
    public static async Task RunAsync(
        AdminClient client,
        Func<CancellationToken, Task<IReadOnlyList<QueuedWork>>> queue,
        bool mustWait,
        CancellationToken cancellationToken
    )
    {
        WorkStatus[] before = mustWait ? await QueueOfAsync(client, cancellationToken) : [];
        IReadOnlyList<QueuedWork> queued = await queue(cancellationToken);
        foreach (QueuedWork work in mustWait ? [] : queued)
        {
            await (client.IsJson ? AdminClient.PrintJsonAsync(work) : Console.Out.WriteLineAsync($"{work.Repo}: {work.Queued} queued"));
        }

        if (!mustWait || queued.Count == 0)
        {
            return;
        }

        List<EndedWork> ended = [];
        if (Terminal.IsThere && !client.IsJson)
        {
            await AnsiConsole
                .Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
                .StartAsync(async bars =>
                {
                    Dictionary<string, ProgressTask> tasks = queued.ToDictionary(
                        static work => work.Repo,
                        work => bars.AddTask(Markup.Escape(work.Repo)),
                        StringComparer.Ordinal
                    );
                    foreach (ProgressTask task in tasks.Values)
                    {
                        task.IsIndeterminate = true;
                    }

                    await foreach (EndedWork one in EndsAsync(client, queued, before, cancellationToken))
                    {
                        ended.Add(one);
                        ProgressTask task = tasks[one.Repo];
                        task.IsIndeterminate = false;
                        task.Value = one.Failure is null ? task.MaxValue : 0;
                        task.StopTask();
                    }
                });
        }
        else
        {
            await foreach (EndedWork one in EndsAsync(client, queued, before, cancellationToken))
            {
                ended.Add(one);
                await (
                    client.IsJson
                        ? AdminClient.PrintJsonAsync(one)
                        : Console.Out.WriteLineAsync(one.Failure is null ? $"{one.Repo}: done" : $"{one.Repo}: failed")
                );
            }
        }

        if (ended.Where(static one => one.Failure is not null).ToList() is { Count: > 0 } failed)
        {
            throw new AdminException(string.Join("; ", failed.Select(static one => $"{one.Repo}: {one.Failure}")));
        }
    }

    private static async Task<IReadOnlyList<QueuedWork>> QueueAsync(
        AdminClient client,
        string page,
        string[] repositories,
        CancellationToken cancellationToken
    )
    {
        List<QueuedWork> queued = [];
        foreach (string repository in repositories)
        {
            var question = new RepositoryQuestion(repository);
            string path = AdminRoutes.Repositories + page;
            queued.Add((await client.AskAsync<QueuedWork>(HttpMethod.Post, path, question, cancellationToken)).Value);
        }

        return [.. queued.DistinctBy(static work => work.Repo, StringComparer.Ordinal)];
    }

    private static async Task<WorkStatus[]> QueueOfAsync(AdminClient client, CancellationToken cancellationToken) =>
        (await client.AskAsync<WorkStatus[]>(HttpMethod.Get, AdminRoutes.Api + QueuePage.Path, null, cancellationToken)).Value;

    /// <summary>The pieces of work as they end: those that are in the queue no more, and those that failed once more.</summary>
    private static async IAsyncEnumerable<EndedWork> EndsAsync(
        AdminClient client,
        IReadOnlyList<QueuedWork> queued,
        WorkStatus[] before,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        HashSet<string> open = queued.Select(static work => work.Repo).ToHashSet(StringComparer.Ordinal);
        while (true)
        {
            WorkStatus[] now = await QueueOfAsync(client, cancellationToken);
            foreach (string repository in open.ToList())
            {
                WorkStatus[] own = [.. now.Where(work => work.Repo == repository && IsOfMirror(work))];
                WorkStatus? failed = Array.Find(own, work => work.Failures > FailuresOf(before, work));
                if (failed is not null || own.Length == 0)
                {
                    open.Remove(repository);
                    yield return new EndedWork(repository, failed?.LastError);
                }
            }

            if (open.Count == 0)
            {
                yield break;
            }

            await Task.Delay(s_between, cancellationToken);
        }
    }

    /// <summary>A comparison of a repository without a mirror makes the mirror.</summary>
    private static bool IsOfMirror(WorkStatus work) => work.Kind is "vet" or "warm";

    private static int FailuresOf(WorkStatus[] before, WorkStatus work) =>
        Array.Find(before, one => one.Repo == work.Repo && one.Kind == work.Kind)?.Failures ?? 0;
}

/// <summary>A piece of work that has ended.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Failure">The failure; null if it is done.</param>
internal sealed record EndedWork(string Repo, string? Failure);
