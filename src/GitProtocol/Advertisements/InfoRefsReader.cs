using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>
/// Reads the first response of upload-pack as it passes, in any protocol version: the body of <c>GET info/refs</c> (gitprotocol-http,
/// Smart Server Response) or the beginning of an SSH channel, which has no service line.
/// <code>
///   [# service=git-upload-pack, flush]  ┬ version 2, capabilities, flush            ► Capabilities
///                                       └ [version 1], refs, shallows, flush         ► Tips, Shallows, V0Capabilities
/// </code>
/// </summary>
/// <param name="maxRefs">An advertisement with more refs is not read.</param>
/// <param name="last">An earlier listing of the repository, with which this one may share memory; may be null.</param>
public sealed class InfoRefsReader(int maxRefs = 2_000_000, RefTipList? last = null) : StreamTap
{
    private readonly ArrayBufferWriter<byte> _v2 = new();

    /// <summary>Bounds the time of a look into them for each ref.</summary>
    private const int MaxSymrefs = 64;

    private readonly List<ObjectId> _shallows = [];

    /// <summary>The symbolic refs that the capabilities name, before any ref: few, and of some servers HEAD alone.</summary>
    private readonly List<(byte[] Name, byte[] Target)> _symrefs = [];
    private RefTipListBuilder _tips = new(last);
    private State _state = State.Start;

    private enum State
    {
        Start,
        ServiceFlush,
        Version,
        FirstRef,
        Refs,
        Shallows,
        Capabilities,
    }

    /// <summary>The protocol version: 0, 1 or 2.</summary>
    public int Version { get; private set; }

    /// <summary>v0 and v1: the tips so far, evidence only once <see cref="StreamTap.IsComplete"/>.</summary>
    public RefTipList Tips => _tips.ToList();

    /// <summary>v2: the capabilities of the server, once complete.</summary>
    public CapabilityAdvertisement? Capabilities { get; private set; }

    /// <summary>The object format of the repository; SHA-1 if the server names none.</summary>
    public ObjectFormat ObjectFormat { get; private set; }

    /// <summary>v0 and v1: the capabilities behind the first ref.</summary>
    public IReadOnlyList<string> V0Capabilities { get; private set; } = [];

    /// <summary>v0 and v1: the boundary of a primary that is shallow itself.</summary>
    public IReadOnlyList<ObjectId> Shallows => _shallows;

    private protected override void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload)
    {
        bool taken = kind switch
        {
            PktLineKind.Data => TryTakeData(payload),
            PktLineKind.Flush => TryTakeFlush(),
            _ => false,
        };
        if (!taken)
        {
            Stop();
        }
    }

    private protected override void Forget()
    {
        _tips = new();
        _shallows.Clear();
        _symrefs.Clear();
        _v2.Clear();
        Capabilities = null;
        V0Capabilities = [];
    }

    private bool TryTakeData(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> text = Text(payload);
        switch (_state)
        {
            case State.Start when text.SequenceEqual(Keywords.ServiceUploadPack):
                _state = State.ServiceFlush;
                return true;
            case State.Start or State.Version when text.SequenceEqual(Keywords.Version2):
                Version = 2;
                _state = State.Capabilities;
                return TryKeep(payload);
            case State.Start or State.Version when text.SequenceEqual(Keywords.Version1):
                Version = 1;
                _state = State.FirstRef;
                return true;
            case State.Start or State.Version or State.FirstRef:
                return TryTakeFirstRef(text);
            case State.Refs:
                return TryTakeShallow(text) || TryTakeRef(text);
            case State.Shallows:
                return TryTakeShallow(text);
            case State.Capabilities:
                return TryKeep(payload);
            default:
                return false;
        }
    }

    private bool TryTakeFlush()
    {
        switch (_state)
        {
            case State.ServiceFlush:
                _state = State.Version;
                return true;
            case State.Capabilities:
                PktLineWriter.WriteFlush(_v2);
                if (!CapabilityAdvertisement.TryParse(_v2.WrittenSpan.ToArray(), out CapabilityAdvertisement? capabilities))
                {
                    return false;
                }

                Capabilities = capabilities;
                ObjectFormat = capabilities.ObjectFormat;
                break;
            default:
                // For a repository without refs an old server sends only a flush-pkt.
                break;
        }
        Complete();
        return true;
    }

    private bool TryKeep(ReadOnlySpan<byte> payload)
    {
        if (_v2.WrittenCount + payload.Length > CapabilityAdvertisement.MaxLength)
        {
            return false;
        }

        PktLineWriter.Write(_v2, payload);
        return true;
    }

    private bool TryTakeFirstRef(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        if (end >= 0 && !TryTakeCapabilities(text[(end + 1)..]))
        {
            return false;
        }

        if (end >= 0)
        {
            text = text[..end];
        }

        _state = State.Refs;
        if (!RefLine.TrySplit(text, ObjectFormat, out ObjectId id, out ReadOnlySpan<byte> name))
        {
            return false;
        }

        if (!id.IsZero || !name.SequenceEqual(Keywords.NoRefs))
        {
            return TryTakeRef(text);
        }

        _state = State.Shallows;
        return true;
    }

    private bool TryTakeCapabilities(ReadOnlySpan<byte> list)
    {
        string[] all = Encoding.Latin1.GetString(list).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        V0Capabilities = all;
        foreach (string capability in all)
        {
            int equals = capability.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                continue;
            }

            string value = capability[(equals + 1)..];
            if (capability.StartsWith("symref=", StringComparison.Ordinal) && value.Split(':') is [var name, var target])
            {
                if (_symrefs.Count == MaxSymrefs)
                {
                    return false;
                }

                _symrefs.Add((RefName.ToBytes(name), RefName.ToBytes(target)));
            }
            if (capability.StartsWith("object-format=", StringComparison.Ordinal))
            {
                if (!ObjectFormats.TryParse(value, out ObjectFormat format))
                {
                    return false;
                }

                ObjectFormat = format;
            }
        }
        return true;
    }

    private bool TryTakeRef(ReadOnlySpan<byte> text)
    {
        if (!RefLine.TrySplit(text, ObjectFormat, out ObjectId id, out ReadOnlySpan<byte> name) || !RefName.IsBounded(name))
        {
            return false;
        }

        if (name.EndsWith(Keywords.PeeledSuffix))
        {
            return TryPeel(name[..^Keywords.PeeledSuffix.Length], id);
        }

        if (_tips.Count == maxRefs)
        {
            return false;
        }

        _tips.Add(name, id, peeled: null, TargetOf(name));
        return true;
    }

    // A peeled value follows its ref (gitprotocol-pack, Reference Discovery).
    private bool TryPeel(ReadOnlySpan<byte> name, ObjectId id)
    {
        if (_tips.Count == 0 || !_tips.LastName.SequenceEqual(name))
        {
            return false;
        }

        _tips.PeelLast(id);
        return true;
    }

    private bool TryTakeShallow(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith(Keywords.Shallow) || _shallows.Count == maxRefs)
        {
            return false;
        }

        if (!ObjectId.TryParse(text[Keywords.Shallow.Length..], ObjectFormat, out ObjectId id))
        {
            return false;
        }

        _shallows.Add(id);
        _state = State.Shallows;
        return true;
    }

    private byte[]? TargetOf(ReadOnlySpan<byte> name)
    {
        foreach ((byte[] symref, byte[] target) in _symrefs)
        {
            if (name.SequenceEqual(symref))
            {
                return target;
            }
        }

        return null;
    }
}
