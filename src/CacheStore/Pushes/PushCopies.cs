using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Mirrors;

namespace Waystation.CacheStore.Pushes;

/// <summary>The copies of pushes in progress, and the limit of the disk space that they may take together.</summary>
public sealed class PushCopies(DataFolder folder, MirrorOptions options, TimeProvider time)
{
    /// <summary>The bytes after which the disk is asked again whether it has room.</summary>
    internal const int RoomStep = 1 << 20;

    private long _taken;

    /// <summary>Whether pushes are copied at all.</summary>
    public bool IsOn => options is { MaxPushes: > 0, MaxSize: > 0 } && folder.IsWritable;

    /// <summary>Begins a copy.</summary>
    /// <param name="isGzip">Whether the body is gzip.</param>
    /// <param name="isWorth">Gets the commands of the push; false ends the copy before the pack.</param>
    public PushCopy Begin(bool isGzip, Func<GitProtocol.Pushing.PushRequestReader, bool> isWorth) => new(this, time, isGzip, isWorth);

    /// <summary>A file that is deleted when it is closed.</summary>
    internal FileStream NewFile() =>
        new(
            folder.NewTemporaryPath(".push"),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                BufferSize = 0,
                Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );

    /// <summary>Takes room for one more step; false if there is none.</summary>
    internal bool TryGrow()
    {
        if (Interlocked.Add(ref _taken, RoomStep) <= options.MaxPushes && folder.HasRoomFor(RoomStep))
        {
            return true;
        }

        Interlocked.Add(ref _taken, -RoomStep);
        return false;
    }

    internal void Release(int steps) => Interlocked.Add(ref _taken, -(long)steps * RoomStep);
}
