using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The disk of the data folder has room, takes writes, and is not very slow.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="reserve">Bytes that the node leaves free.</param>
/// <param name="data">The check of the folder.</param>
/// <param name="slow">Bytes a second, below which the disk counts as slow.</param>
internal sealed class DiskCheck(string folder, long reserve, Check data, double slow = DiskCheck.SlowWrites) : Check("disk", folder, data)
{
    private const int Block = 1024 * 1024;
    private const int Blocks = 8;

    /// <summary>
    /// Bytes a second. A hard disk writes twenty times as fast, so only a disk that is ill, or a share far away, is below.
    /// </summary>
    public const double SlowWrites = 5 * Block;

    public override TimeSpan Limit => TimeSpan.FromSeconds(10);

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        string existing = Subject;
        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing) ?? "/";
        }

        var drive = new DriveInfo(existing);
        string room = $"{ByteSize.Format(drive.AvailableFreeSpace)} of {ByteSize.Format(drive.TotalSize)} are free";
        if (drive.AvailableFreeSpace < reserve + (Block * Blocks))
        {
            findings.Fail(
                $"{room}, and Disk:Reserve keeps {ByteSize.Format(reserve)} of them: the node can store nothing",
                "make room, take a larger disk, or lower Disk:Reserve"
            );
            return;
        }

        if (existing != Subject)
        {
            findings.Ok($"{room}; the folder is not there yet, so nothing was written");
            return;
        }

        double speed;
        try
        {
            speed = await WriteAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Fail($"takes no writes: {e.Message}", "mount the disk for writing, and give the folder to the account of the node");
            return;
        }

        string rate = $"{room}; it writes {ByteSize.Format((long)speed)} a second";
        if (speed < slow)
        {
            findings.Warn(rate, "look for a disk that is ill (dmesg, smartctl) or much too busy, or use a local disk");
        }
        else
        {
            findings.Ok(rate);
        }
    }

    /// <summary>Writes some blocks and waits for the disk; bytes a second.</summary>
    private async Task<double> WriteAsync(CancellationToken cancellationToken)
    {
        byte[] block = new byte[Block];
        RandomNumberGenerator.Fill(block);
        string file = Path.Combine(Subject, string.Create(CultureInfo.InvariantCulture, $"doctor-{Environment.ProcessId}"));
        long begun = Stopwatch.GetTimestamp();
        await using var stream = new FileStream(
            file,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = FileOptions.DeleteOnClose,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        for (int i = 0; i < Blocks; i++)
        {
            await stream.WriteAsync(block, cancellationToken);
        }

#pragma warning disable CA1849 // Only this overload waits for the disk.
        stream.Flush(flushToDisk: true);
#pragma warning restore CA1849
        return Block * Blocks / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }
}
