namespace Waystation.TestKit.Servers.Lfs;

/// <summary>Something that goes wrong at an LFS primary or its storage.</summary>
public sealed record LfsFault(LfsFaultKind Kind)
{
    public static readonly LfsFault None = new(LfsFaultKind.None);

    /// <summary>How many bytes of the object pass before.</summary>
    public long AfterBytes { get; init; }

    public int Status { get; init; } = 503;

    public string? RetryAfter { get; init; }

    /// <summary>The end of a <see cref="LfsFaultKind.Stall"/>, or of each wait of a <see cref="LfsFaultKind.Slow"/>.</summary>
    public Func<Task> Until { get; init; } = static () => Task.CompletedTask;

    /// <summary>Which requests it is meant for; by default downloads of objects.</summary>
    public Func<LfsRequest, bool> Concerns { get; init; } = static request => request.Kind == LfsRequestKind.Get;

    /// <summary>How often it happens.</summary>
    public int Times { get; init; } = int.MaxValue;

    public static LfsFault Answers(int status, LfsRequestKind kind = LfsRequestKind.Get, string? retryAfter = null) =>
        new(LfsFaultKind.Status)
        {
            Status = status,
            RetryAfter = retryAfter,
            Concerns = request => request.Kind == kind,
        };
}

public enum LfsFaultKind
{
    None,

    /// <summary>Answered with a status and a message.</summary>
    Status,

    /// <summary>One byte of the object is another.</summary>
    WrongBytes,

    /// <summary>The answer has no length and ends well, but too early.</summary>
    TooShort,

    /// <summary>The answer has no length and goes on behind the object.</summary>
    TooLong,

    /// <summary>The connection is reset in the middle.</summary>
    Break,

    /// <summary>Nothing more comes until the test says so.</summary>
    Stall,

    /// <summary>There is a wait before each 64 KiB.</summary>
    Slow,
}
