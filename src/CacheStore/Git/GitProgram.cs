using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Git;

/// <summary>
/// The one place that starts git. Arguments are a list. The environment is emptied and has only the variables that are set here, so no
/// configuration of a user or of the machine takes part. git never contacts the primary and never has a credential.
/// </summary>
public sealed class GitProgram(DataFolder folder, ILogger<GitProgram> logger)
{
    /// <summary>
    /// Only upkeep starts gc and maintenance; the node's account counts as the owner of a mirror; git fetches nothing on demand.
    /// </summary>
    private static readonly string[] s_settings =
    [
        "gc.auto=0",
        "maintenance.auto=false",
        "safe.directory=*",
        "core.fsync=pack,pack-metadata,commit-graph",
        "core.hooksPath=/dev/null",
        "advice.detachedHead=false",
        "pack.writeReverseIndex=true",
        "core.multiPackIndex=true",
        "core.commitGraph=true",
    ];

    /// <summary>Starts a git process. Cancelling <paramref name="cancellationToken"/> kills it and every process that it
    /// started.</summary>
    /// <exception cref="GitFailedException">git cannot be started.</exception>
    public GitProcess Start(GitCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        cancellationToken.ThrowIfCancellationRequested();
        int niceness = command.Priority switch
        {
            GitPriority.Ahead => 10,
            GitPriority.Upkeep => 19,
            _ => 0,
        };
        var start = new ProcessStartInfo(niceness == 0 ? "git" : "nice")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Root,
        };
        if (niceness > 0)
        {
            // It replaces itself by git, so each process that git starts has the same priority from its first moment.
            start.ArgumentList.Add("-n");
            start.ArgumentList.Add(niceness.ToString(CultureInfo.InvariantCulture));
            start.ArgumentList.Add("git");
        }

        foreach (string setting in s_settings.Concat(command.Settings))
        {
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(setting);
        }

        foreach (string argument in command.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        SetEnvironment(start.Environment, command);
        try
        {
            Process process = Process.Start(start) ?? throw new GitFailedException("git cannot be started");
            return new GitProcess(command, process, logger, cancellationToken);
        }
        catch (Win32Exception e)
        {
            throw new GitFailedException($"git cannot be started: {e.Message}", e);
        }
    }

    /// <summary>Runs a short command to its end.</summary>
    /// <param name="command">The command.</param>
    /// <param name="input">Its standard input; empty by default.</param>
    /// <param name="cancellationToken">Kills it.</param>
    public async Task<GitResult> RunAsync(GitCommand command, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        await using GitProcess process = Start(command, cancellationToken);
        Task feeding = process.FeedAsync(input);
        using var output = new MemoryStream();
        await process.Output.CopyToAsync(output, cancellationToken);
        await feeding;
        int exitCode = await process.WaitAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return new GitResult(command, exitCode, output.ToArray(), process.ErrorText);
    }

    /// <summary>Runs a command whose output is lines, and passes on each line as it comes: no output is held.</summary>
    /// <param name="command">The command.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="take">Takes a line, without its line end.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <param name="end">The byte that ends a line.</param>
    /// <exception cref="GitFailedException">git cannot be started, or fails.</exception>
    public async Task ReadLinesAsync(
        GitCommand command,
        ReadOnlyMemory<byte> input,
        GitLine take,
        CancellationToken cancellationToken,
        byte end = (byte)'\n'
    )
    {
        ArgumentNullException.ThrowIfNull(take);
        await using GitProcess process = Start(command, cancellationToken);
        Task feeding = process.FeedAsync(input);
        var output = PipeReader.Create(process.Output, new StreamPipeReaderOptions(leaveOpen: true));
        bool isOver = false;
        while (!isOver)
        {
            ReadResult read = await output.ReadAsync(cancellationToken);
            var lines = new SequenceReader<byte>(read.Buffer);
            while (lines.TryReadTo(out ReadOnlySequence<byte> line, end))
            {
                take(line.IsSingleSegment ? line.FirstSpan : line.ToArray());
            }

            output.AdvanceTo(lines.Position, read.Buffer.End);
            isOver = read.IsCompleted;
        }

        await output.CompleteAsync();
        await feeding;
        int exitCode = await process.WaitAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (exitCode != 0)
        {
            throw new GitFailedException($"{command} failed with exit code {exitCode}: {process.ErrorText.Trim()}");
        }
    }

    /// <inheritdoc cref="RunAsync(GitCommand, ReadOnlyMemory{byte}, CancellationToken)"/>
    public Task<GitResult> RunAsync(GitCommand command, CancellationToken cancellationToken) =>
        RunAsync(command, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>A colon separates the folders of a list, so a folder that may hold one is quoted (git,
    /// GIT_ALTERNATE_OBJECT_DIRECTORIES).</summary>
    private static string Quoted(string path) =>
        $"\"{path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private void SetEnvironment(IDictionary<string, string?> environment, GitCommand command)
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        environment.Clear();
        environment["PATH"] = path;
        environment["LC_ALL"] = "C";
        environment["HOME"] = "/nonexistent";
        environment["GIT_CONFIG_NOSYSTEM"] = "1";
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        environment["GIT_TERMINAL_PROMPT"] = "0";
        environment["GIT_NO_LAZY_FETCH"] = "1";
        environment["GIT_NO_REPLACE_OBJECTS"] = "1";
        environment["TMPDIR"] = folder.Temporary;
        environment[StrayProcesses.Mark] = folder.Root;
        Set("GIT_DIR", command.Repository);
        Set("GIT_OBJECT_DIRECTORY", command.ObjectDirectory);
        Set(
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            command.AlternateObjects.Count == 0 ? null : string.Join(':', command.AlternateObjects.Select(Quoted))
        );
        Set("GIT_PROTOCOL", command.Protocol);

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                environment[name] = value;
            }
        }
    }
}
