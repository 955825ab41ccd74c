namespace Waystation.CacheStore.Git;

/// <summary>A command for git: an argument list, never a command line.</summary>
/// <param name="Arguments">The arguments after <c>git</c> and its general options.</param>
public sealed record GitCommand(params IReadOnlyList<string> Arguments)
{
    /// <summary>The repository, given as GIT_DIR; null for commands that need none.</summary>
    public string? Repository { get; init; }

    /// <summary>The folder to which git writes objects instead of the repository's own (GIT_OBJECT_DIRECTORY).</summary>
    public string? ObjectDirectory { get; init; }

    /// <summary>Further folders from which git reads objects (GIT_ALTERNATE_OBJECT_DIRECTORIES).</summary>
    public IReadOnlyList<string> AlternateObjects { get; init; } = [];

    /// <summary>The value of GIT_PROTOCOL, e.g. <c>version=2</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary>Settings (<c>name=value</c>) that hold for this command only.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>How it competes with other processes.</summary>
    public GitPriority Priority { get; init; }

    /// <summary>The command without its paths, for the log.</summary>
    public override string ToString() => $"git {string.Join(' ', Arguments.Take(2))}";
}
