using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Pushing;

/// <summary>
/// Reads how a push fared, as the answer passes by (gitprotocol-pack, Report Status): report-status and report-status-v2, in
/// bands or plain, which its first byte tells. <see cref="PassingReader.HasAnswer"/> holds from the report's own end on: hooks may go on talking for
/// minutes after the refs have moved.
/// <code>
///   with side-band     band 1 ─► unpack ok, ok REF, [option …], ng REF …, flush     band 2, 3 ─► not for us     flush
///   without            unpack ok, ok REF, …, flush
/// </code>
/// </summary>
public sealed class PushReportReader : PassingReader
{
    private readonly ReportLines report = new();
    private bool? isBanded;

    /// <summary>The pack was taken.</summary>
    public bool IsUnpacked => report.IsUnpacked;

    /// <summary>The commands that were carried out, in the server's order; evidence only once <see cref="HasAnswer"/>.</summary>
    public IReadOnlyList<RefReport> Done => report.Done;

    /// <inheritdoc/>
    public override bool HasAnswer => report.IsComplete;

    private protected override void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload)
    {
        isBanded ??= !payload.IsEmpty && payload[0] <= Sideband.Error;
        if (isBanded == false)
        {
            report.Show(kind, payload);
            if (report.IsComplete) Complete();
            else if (report.HasStopped) Stop();
            return;
        }

        if (kind == PktLineKind.Flush) Complete();
        else if (kind != PktLineKind.Data || payload.IsEmpty || payload[0] is not (Sideband.PackData or Sideband.Progress)) Stop();
        else if (payload[0] == Sideband.PackData && !report.IsComplete)
        {
            report.Read(payload[1..]);
            if (report.HasStopped) Stop();
        }
    }

    private protected override void Forget()
    {
        // What the report said stays said, whatever came after it.
    }

    /// <summary>The lines of the report itself.</summary>
    private sealed class ReportLines : PassingReader
    {
        private readonly List<RefReport> done = [];
        private bool hasBegun;
        private bool isAboutDone;

        public bool IsUnpacked { get; private set; }

        public IReadOnlyList<RefReport> Done => done;

        public void Show(PktLineKind kind, ReadOnlySpan<byte> payload) => OnPacket(kind, payload);

        private protected override void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload)
        {
            if (kind == PktLineKind.Flush && hasBegun) Complete();
            else if (kind != PktLineKind.Data || !TryTakeLine(Text(payload))) Stop();
        }

        private protected override void Forget() => done.Clear();

        private bool TryTakeLine(ReadOnlySpan<byte> line)
        {
            if (!hasBegun)
            {
                hasBegun = true;
                if (!line.StartsWith(Keywords.Unpack)) return false;
                IsUnpacked = line[Keywords.Unpack.Length..].SequenceEqual(Keywords.Ok);
                return true;
            }

            if (line.StartsWith(Keywords.OkRef)) return TryTakeDone(line[Keywords.OkRef.Length..]);
            if (line.StartsWith(Keywords.NotGoodRef))
            {
                isAboutDone = false;
                return true;
            }

            return line.StartsWith(Keywords.Option) && (!isAboutDone || TryTakeOption(line[Keywords.Option.Length..]));
        }

        private bool TryTakeDone(ReadOnlySpan<byte> name)
        {
            if (done.Count == PushRequestReader.MaxCommands || !RefName.IsBounded(name)) return false;
            done.Add(new RefReport(RefName.FromBytes(name)));
            isAboutDone = true;
            return true;
        }

        // Options that we do not know are the server's to add.
        private bool TryTakeOption(ReadOnlySpan<byte> option)
        {
            if (option.StartsWith(Keywords.RefNameOption))
            {
                ReadOnlySpan<byte> name = option[Keywords.RefNameOption.Length..];
                if (!RefName.IsBounded(name)) return false;
                done[^1] = done[^1] with { ActualName = RefName.FromBytes(name) };
            }
            else if (option.StartsWith(Keywords.NewIdOption))
            {
                ReadOnlySpan<byte> hex = option[Keywords.NewIdOption.Length..];
                ObjectFormat format = hex.Length == ObjectFormat.Sha256.HexLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
                if (!ObjectId.TryParse(hex, format, out ObjectId id)) return false;
                done[^1] = done[^1] with { ActualNew = id };
            }
            return true;
        }
    }
}
