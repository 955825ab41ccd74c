using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>The capabilities behind a v0 or v1 client's first want (gitprotocol-capabilities), read and written.</summary>
internal sealed class CapabilityList(ObjectFormat format)
{
    private readonly HashSet<string> _flags = new(StringComparer.Ordinal);

    // These do not change the response: a client that may use them does so in its needs.
    private static readonly string[] s_harmless =
    [
        CapabilityWords.Shallow,
        CapabilityWords.DeepenSince,
        CapabilityWords.DeepenNot,
        CapabilityWords.AllowTip,
        CapabilityWords.AllowReachable,
    ];

    private static readonly string[] s_meaningful =
    [
        CapabilityWords.MultiAck,
        CapabilityWords.MultiAckDetailed,
        CapabilityWords.NoDone,
        CapabilityWords.ThinPack,
        CapabilityWords.Sideband,
        CapabilityWords.Sideband64k,
        CapabilityWords.OfsDelta,
        CapabilityWords.NoProgress,
        CapabilityWords.IncludeTag,
        CapabilityWords.DeepenRelative,
        CapabilityWords.Filter,
    ];

    /// <summary>The reason why the request is foreign, or null: an unknown word, or a byte that no word has.</summary>
    public ForeignReason? Foreign { get; private set; }

    /// <summary>Whether a filter may be asked for.</summary>
    public bool HasFilter => _flags.Contains(CapabilityWords.Filter);

    public void Take(in ReadOnlySequence<byte> list)
    {
        string text = Encoding.Latin1.GetString(list);
        if (text[0] != ' ')
        {
            GitProtocolException.Throw(ProtocolError.BadObjectId, "An object id is not one.");
        }
        // git ends a word also at a tab, a line feed or a carriage return, and the whole list at a NUL. Other servers split in other
        // ways.
        if (!PlainText.IsOfWords(text))
        {
            Foreign ??= ForeignReason.ByteOutOfPlace;
        }

        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            TakeWord(word);
        }
    }

    /// <summary>The request, with the capabilities that concern the pack.</summary>
    public FetchRequest ApplyTo(FetchRequest request) =>
        request with
        {
            ThinPack = _flags.Contains(CapabilityWords.ThinPack),
            OfsDelta = _flags.Contains(CapabilityWords.OfsDelta),
            IncludeTag = _flags.Contains(CapabilityWords.IncludeTag),
            DeepenRelative = _flags.Contains(CapabilityWords.DeepenRelative),
        };

    /// <summary>The form of the response that the capabilities ask for.</summary>
    /// <param name="version">0 or 1.</param>
    public ResponseFraming ToFraming(int version) =>
        new()
        {
            ProtocolVersion = version,
            NoProgress = _flags.Contains(CapabilityWords.NoProgress),
            NoDone = _flags.Contains(CapabilityWords.NoDone),
            MultiAck = CapabilityWords.MultiAckOf(_flags),
            SidebandKind = CapabilityWords.SidebandOf(_flags),
        };

    /// <summary>The capabilities that a request needs, each with a space in front.</summary>
    /// <param name="request">The request.</param>
    /// <param name="framing">The form of the response.</param>
    /// <param name="agent">The value of agent, or null for none.</param>
    public static string TextOf(FetchRequest request, ResponseFraming framing, string? agent)
    {
        var text = new StringBuilder();
        Say(framing.MultiAck == MultiAck.Detailed, CapabilityWords.MultiAckDetailed);
        Say(framing.MultiAck == MultiAck.MultiAck, CapabilityWords.MultiAck);
        Say(framing.NoDone, CapabilityWords.NoDone);
        Say(framing.SidebandKind == SidebandKind.Sideband64k, CapabilityWords.Sideband64k);
        Say(framing.SidebandKind == SidebandKind.Sideband, CapabilityWords.Sideband);
        Say(request.DeepenRelative, CapabilityWords.DeepenRelative);
        Say(request.ThinPack, CapabilityWords.ThinPack);
        Say(framing.NoProgress, CapabilityWords.NoProgress);
        Say(request.IncludeTag, CapabilityWords.IncludeTag);
        Say(request.OfsDelta, CapabilityWords.OfsDelta);
        Say(request.DeepenSince is not null, CapabilityWords.DeepenSince);
        Say(agent is not null, $"agent={agent}");
        Say(request.Filter is not null, CapabilityWords.Filter);
        return text.ToString();

        void Say(bool said, string capability)
        {
            if (said)
            {
                text.Append(' ').Append(capability);
            }
        }
    }

    private void TakeWord(string word)
    {
        if (s_meaningful.Contains(word, StringComparer.Ordinal))
        {
            _flags.Add(word);
        }
        else if (Value(word, "object-format=") is { } value)
        {
            Check(value);
        }
        else if (Value(word, "agent=") is null && Value(word, "session-id=") is null && !s_harmless.Contains(word, StringComparer.Ordinal))
        {
            Foreign ??= ForeignReason.UnknownCapability;
        }
    }

    private void Check(string name)
    {
        if (!ObjectFormats.TryParse(name, out ObjectFormat said) || said != format)
        {
            GitProtocolException.Throw(ProtocolError.BadObjectFormat, "The client's object format is not the repository's.");
        }
    }

    private static string? Value(string word, string key) => word.StartsWith(key, StringComparison.Ordinal) ? word[key.Length..] : null;
}
