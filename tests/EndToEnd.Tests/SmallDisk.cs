using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>A disk of a few megabytes in memory, mounted for one test.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    private SmallDisk() { }

    public string Folder => _folder["disk"];

    public static async Task<SmallDisk> MountAsync(string size)
    {
        var disk = new SmallDisk();
        disk._folder.CreateFolder("disk");
        CommandResult mounted = await new Command(
            "mount",
            "-t",
            "tmpfs",
            "-o",
            $"size={size},mode=0700",
            "waystation-test",
            disk.Folder
        ).RunAsync();
        if (mounted.ExitCode == 0)
        {
            return disk;
        }

        disk._folder.Dispose();
        throw new CommandFailedException(mounted);
    }

    public Task TurnReadOnlyAsync() => new Command("mount", "-o", "remount,ro", Folder).MustRunAsync();

    public void Dispose()
    {
        new Command("umount", "-l", Folder).MustRunAsync().GetAwaiter().GetResult();
        _folder.Dispose();
    }
}

/// <summary>A fact that needs the right to mount; without it the test is shown as skipped, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_mayMount = new(TryMount);

    public MountFactAttribute()
    {
        if (!s_mayMount.Value)
        {
            Skip = "mounting a small disk needs root and the right to mount";
        }
    }

    private static bool TryMount()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return false;
        }

        try
        {
            using SmallDisk disk = SmallDisk.MountAsync("64k").GetAwaiter().GetResult();
            return true;
        }
        catch (CommandFailedException)
        {
            return false;
        }
    }
}
