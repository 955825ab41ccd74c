namespace Waystation.CacheStore.Lfs;

/// <summary>
/// Why a fill gives no byte.
/// <code>
///              the starter gets     its followers get
///   Stored     look in the store    look in the store
///   Refused    the refusal          begin again, with their own source; the refusal if it concerns no credential
///   Broken     a refusal            begin again
/// </code>
/// </summary>
internal abstract record LfsFillEnd
{
    /// <summary>Another fill has stored the object meanwhile.</summary>
    public sealed record Stored : LfsFillEnd;

    /// <summary>The source has no byte for the starter.</summary>
    public sealed record Refused(LfsRefusal Refusal) : LfsFillEnd
    {
        /// <summary>Too many requests or no service: so for every credential.</summary>
        public bool ConcernsAll => Refusal.Status is 429 or 503;
    }

    /// <summary>The object will not come, or is another.</summary>
    public sealed record Broken(string Reason) : LfsFillEnd;
}
