namespace Waystation.TestKit.Servers.Lfs;

/// <summary>A request as it came to an LFS primary, with the number of its object's bytes that have passed so far.</summary>
public sealed class LfsRequest(LfsRequestKind kind, string target, bool isAtStorage, IReadOnlyDictionary<string, string> headers)
{
    private long _bytes;

    public LfsRequestKind Kind => kind;

    /// <summary>Path and query.</summary>
    public string Target => target;

    /// <summary>Whether it came to the storage host.</summary>
    public bool IsAtStorage => isAtStorage;

    public string Repository { get; internal set; } = "";

    /// <summary>The object that a transfer concerns.</summary>
    public string Oid { get; internal set; } = "";

    /// <summary>The body of a batch request.</summary>
    public string Body { get; internal set; } = "";

    /// <summary>0 until the answer begins.</summary>
    public int Status { get; internal set; }

    /// <summary>The bytes of the object that have been sent or received.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public string? Header(string name) => headers.GetValueOrDefault(name);

    internal void Count(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public override string ToString() => $"{Kind} {(IsAtStorage ? "storage" : "primary")} {Target}: {Status}, {Bytes} bytes";
}
