using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Waystation.Proxy.Dashboard.History;

/// <summary>
/// The file of the history: a header and one slot for each minute of a day. It never grows. A minute is written over the one of the day
/// before, in place: a crash harms that slot alone (<see cref="HistorySlot"/>). A file that is not of this form is begun anew. The file is
/// open only while it is read or written, so that an operator can make the disk read-only.
/// </summary>
internal sealed class HistoryFile
{
    /// <summary>Slots: the minutes of a day.</summary>
    public const int Slots = 24 * 60;

    /// <summary>Bytes of the whole file.</summary>
    public const int Length = HistorySlot.Size * (Slots + 1);

    private static readonly byte[] s_header = MakeHeader();

    private readonly string _path;

    private HistoryFile(string path) => _path = path;

    /// <summary>Finds the file, and makes it if it is missing or is not of this form.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="temporary">A path for the new file until it is complete.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static HistoryFile Open(string path, string temporary)
    {
        if (!IsOfThisForm(path))
        {
            using (FileStream made = new(temporary, FileMode.Create, FileAccess.Write))
            {
                made.Write(s_header);
                made.SetLength(Length);
                made.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }

        return new HistoryFile(path);
    }

    /// <summary>The place of a minute among the slots.</summary>
    public static int PlaceOf(long minute) => (int)(minute % Slots);

    /// <summary>Reads every slot that holds a minute.</summary>
    public IEnumerable<HistoryMinute> Read()
    {
        byte[] all = new byte[Length];
        using SafeFileHandle file = File.OpenHandle(_path);
        int read = RandomAccess.Read(file, all, 0);
        List<HistoryMinute> minutes = [];
        for (int place = 0; place < Slots && (place + 2) * HistorySlot.Size <= read; place++)
        {
            // A slot in the place of another minute was not written here.
            if (
                HistorySlot.Read(all.AsSpan((place + 1) * HistorySlot.Size, HistorySlot.Size)) is { } minute
                && PlaceOf(minute.Minute) == place
            )
            {
                minutes.Add(minute);
            }
        }

        return minutes;
    }

    /// <summary>Writes a minute.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(HistoryMinute minute)
    {
        Span<byte> slot = stackalloc byte[HistorySlot.Size];
        HistorySlot.Write(slot, minute);
        using SafeFileHandle file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.Read);
        RandomAccess.Write(file, slot, (PlaceOf(minute.Minute) + 1L) * HistorySlot.Size);
    }

    private static bool IsOfThisForm(string path)
    {
        var file = new FileInfo(path);
        // A link, a folder or a device in its place is not followed.
        if (!file.Exists || file.LinkTarget is not null || file.Length != Length)
        {
            return false;
        }

        byte[] header = new byte[HistorySlot.Size];
        using SafeFileHandle handle = File.OpenHandle(path);
        return RandomAccess.Read(handle, header, 0) == header.Length && header.AsSpan().SequenceEqual(s_header);
    }

    /// <summary>Names the form and its measures. Another form has another header.</summary>
    private static byte[] MakeHeader()
    {
        byte[] header = new byte[HistorySlot.Size];
        Encoding.ASCII.GetBytes($"waystation history 1: {Slots} slots of {HistorySlot.Size} bytes, {HistorySlot.Places} numbers\n", header);
        return header;
    }
}
