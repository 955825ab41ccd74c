using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Pushing;

/// <summary>
/// Reads the result of a push as the response passes (gitprotocol-pack, Report Status): report-status and report-status-v2, in bands
/// or plain, which the first byte shows. <see cref="StreamTap.HasAnswer"/> holds from the report's own end on, because hooks may write
/// for minutes after the refs have moved.
/// <code>
///   with side-band     band 1 ─► unpack ok, ok REF, [option …], ng REF …, flush     band 2, 3 ─► ignored        flush
///   without            unpack ok, ok REF, …, flush
/// </code>
/// </summary>
public sealed class PushReportReader : StreamTap
{
    private readonly ReportLines _report = new();
    private bool? _isBanded;

    /// <summary>The pack was taken.</summary>
    public bool IsUnpacked => _report.IsUnpacked;

    /// <summary>The commands that were carried out, in the server's order; evidence only once <see cref="HasAnswer"/>.</summary>
    public IReadOnlyList<RefReport> Done => _report.Done;

    /// <inheritdoc/>
    public override bool HasAnswer => _report.IsComplete;

    private protected override void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload)
    {
        _isBanded ??= !payload.IsEmpty && payload[0] <= Sideband.Error;
        if (_isBanded == false)
        {
            _report.Show(kind, payload);
            if (_report.IsComplete)
            {
                Complete();
            }
            else if (_report.HasStopped)
            {
                Stop();
            }

            return;
        }

        if (kind == PktLineKind.Flush)
        {
            Complete();
        }
        else if (kind != PktLineKind.Data || payload.IsEmpty || payload[0] is not (Sideband.PackData or Sideband.Progress))
        {
            Stop();
        }
        else if (payload[0] == Sideband.PackData && !_report.IsComplete)
        {
            _report.Read(payload[1..]);
            if (_report.HasStopped)
            {
                Stop();
            }
        }
    }

    private protected override void Forget()
    {
        // The report holds, whatever bytes follow it.
    }

    /// <summary>The lines of the report itself.</summary>
    private sealed class ReportLines : StreamTap
    {
        private readonly List<RefReport> _done = [];
        private bool _hasBegun;
        private bool _isAboutDone;

        public bool IsUnpacked { get; private set; }

        public IReadOnlyList<RefReport> Done => _done;

        public void Show(PktLineKind kind, ReadOnlySpan<byte> payload) => OnPacket(kind, payload);

        private protected override void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload)
        {
            if (kind == PktLineKind.Flush && _hasBegun)
            {
                Complete();
            }
            else if (kind != PktLineKind.Data || !TryTakeLine(Text(payload)))
            {
                Stop();
            }
        }

        private protected override void Forget() => _done.Clear();

        private bool TryTakeLine(ReadOnlySpan<byte> line)
        {
            if (!_hasBegun)
            {
                _hasBegun = true;
                if (!line.StartsWith(Keywords.Unpack))
                {
                    return false;
                }

                IsUnpacked = line[Keywords.Unpack.Length..].SequenceEqual(Keywords.Ok);
                return true;
            }

            if (line.StartsWith(Keywords.OkRef))
            {
                return TryTakeDone(line[Keywords.OkRef.Length..]);
            }

            if (line.StartsWith(Keywords.NotGoodRef))
            {
                _isAboutDone = false;
                return true;
            }

            return line.StartsWith(Keywords.Option) && (!_isAboutDone || TryTakeOption(line[Keywords.Option.Length..]));
        }

        private bool TryTakeDone(ReadOnlySpan<byte> name)
        {
            if (_done.Count == PushRequestReader.MaxCommands || !RefName.IsBounded(name))
            {
                return false;
            }

            _done.Add(new RefReport(RefName.FromBytes(name)));
            _isAboutDone = true;
            return true;
        }

        // A server may add unknown options.
        private bool TryTakeOption(ReadOnlySpan<byte> option)
        {
            if (option.StartsWith(Keywords.RefNameOption))
            {
                ReadOnlySpan<byte> name = option[Keywords.RefNameOption.Length..];
                if (!RefName.IsBounded(name))
                {
                    return false;
                }

                _done[^1] = _done[^1] with { ActualName = RefName.FromBytes(name) };
            }
            else if (option.StartsWith(Keywords.NewIdOption))
            {
                ReadOnlySpan<byte> hex = option[Keywords.NewIdOption.Length..];
                ObjectFormat format = hex.Length == ObjectFormat.Sha256.HexLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
                if (!ObjectId.TryParse(hex, format, out ObjectId id))
                {
                    return false;
                }

                _done[^1] = _done[^1] with { ActualNew = id };
            }
            return true;
        }
    }
}
