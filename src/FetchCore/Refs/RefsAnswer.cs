using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Refs;

/// <summary>The answer to a client's question for refs. Dispose it when no more of it is needed.</summary>
[SuppressMessage("Design", "CA1063", Justification = "A closed set of cases; nothing native is held.")]
public abstract class RefsAnswer : IDisposable
{
    private readonly Action? _leave;

    private RefsAnswer(PipeReader body, Action? leave) => (Body, _leave) = (body, leave);

    /// <summary>The body, from its first byte. A body that breaks off ends with the failure.</summary>
    public PipeReader Body { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        _leave?.Invoke();
        GC.SuppressFinalize(this);
    }

    /// <summary>The primary's own reply to this client, which streams.</summary>
    public sealed class Streamed : RefsAnswer
    {
        internal Streamed(PrimaryReply reply, PipeReader body, Action leave)
            : base(body, leave) => Reply = reply;

        /// <summary>The reply. Its status and fields may be read at any time; do not read its body.</summary>
        public PrimaryReply Reply { get; }
    }

    /// <summary>
    /// The refs of a response that another client of the same credential got. It has no header field of that response, because the primary
    /// may have written those for that client only.
    /// </summary>
    public sealed class Shared : RefsAnswer
    {
        internal Shared(ReadOnlyMemory<byte> bytes, Action leave)
            : base(PipeReader.Create(new(bytes)), leave) { }
    }

    /// <summary>An outage: the refs that this credential was last shown. An advertisement has no service line of HTTP.</summary>
    public sealed class Recorded : RefsAnswer
    {
        internal Recorded(ReadOnlyMemory<byte> bytes, TimeSpan age, int? advertises)
            : base(PipeReader.Create(new(bytes)), leave: null) => (Bytes, Age, Advertises) = (bytes, age, advertises);

        /// <summary>The body.</summary>
        public ReadOnlyMemory<byte> Bytes { get; }

        /// <summary>The protocol version of an advertisement; null for the response to an <c>ls-refs</c>.</summary>
        public int? Advertises { get; }

        /// <summary>The time since the primary showed them.</summary>
        public TimeSpan Age { get; }
    }
}
