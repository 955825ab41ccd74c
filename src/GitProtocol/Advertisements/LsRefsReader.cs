using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>Reads the ref tips of an ls-refs response as it passes (gitprotocol-v2, ls-refs).</summary>
/// <param name="format">The object format of the question.</param>
/// <param name="maxRefs">A response with more refs is not read.</param>
/// <param name="last">An earlier listing of the repository, with which this one may share memory; may be null.</param>
public sealed class LsRefsReader(ObjectFormat format, int maxRefs = 2_000_000, RefTipList? last = null) : StreamTap
{
    private RefTipListBuilder _tips = new(last);

    /// <summary>The tips so far, in the primary's order; evidence only once <see cref="StreamTap.IsComplete"/>.</summary>
    public RefTipList Tips => _tips.ToList();

    /// <summary>The target of an unborn HEAD, if the primary named it.</summary>
    public string? UnbornHeadTarget { get; private set; }

    private protected override void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload)
    {
        if (kind == PktLineKind.Flush)
        {
            Complete();
        }
        else if (kind != PktLineKind.Data || !TryTakeLine(Text(payload)))
        {
            Stop();
        }
    }

    private protected override void Forget()
    {
        _tips = new();
        UnbornHeadTarget = null;
    }

    private bool TryTakeLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith(Keywords.UnbornTip))
        {
            return TryTakeUnborn(line[Keywords.UnbornTip.Length..]);
        }

        if (!RefLine.TrySplit(line, format, out ObjectId id, out ReadOnlySpan<byte> rest))
        {
            return false;
        }

        ReadOnlySpan<byte> name = RefLine.NextWord(ref rest);
        if (!RefName.IsBounded(name) || !TryReadAttributes(rest, out ObjectId? peeled, out byte[]? target))
        {
            return false;
        }

        if (_tips.Count == maxRefs)
        {
            return false;
        }

        _tips.Add(name, id, peeled, target);
        return true;
    }

    private bool TryTakeUnborn(ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> name = RefLine.NextWord(ref rest);
        if (!RefName.IsBounded(name) || !TryReadAttributes(rest, out _, out byte[]? target))
        {
            return false;
        }

        UnbornHeadTarget = target is null ? null : RefName.FromBytes(target);
        return true;
    }

    // A server may add attributes that are unknown here. Clients skip these, and so does the node.
    private bool TryReadAttributes(ReadOnlySpan<byte> rest, out ObjectId? peeled, out byte[]? target)
    {
        peeled = null;
        target = null;
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> attribute = RefLine.NextWord(ref rest);
            if (attribute.StartsWith(Keywords.Peeled))
            {
                if (!ObjectId.TryParse(attribute[Keywords.Peeled.Length..], format, out ObjectId id))
                {
                    return false;
                }

                peeled = id;
            }
            else if (attribute.StartsWith(Keywords.SymrefTarget))
            {
                ReadOnlySpan<byte> name = attribute[Keywords.SymrefTarget.Length..];
                if (!RefName.IsBounded(name))
                {
                    return false;
                }

                target = name.ToArray();
            }
        }
        return true;
    }
}
