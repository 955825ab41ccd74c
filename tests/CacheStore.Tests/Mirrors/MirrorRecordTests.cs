using Waystation.CacheStore.Mirrors;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class MirrorRecordTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>A record that denies orphans would show them: no flipped bit may do that.</summary>
    [Fact]
    public void Record_SaysWhatIsOrphaned_OrNothing_WhateverBitHasFlipped()
    {
        string file = _folder["record"];
        new MirrorRecord
        {
            Host = "git.example.com",
            Path = "team/widgets.git",
            ObjectFormat = "sha1",
            HoldsOrphans = true,
            IsUnsettled = true,
            IsUnproven = true,
        }.Write(file);
        byte[] written = File.ReadAllBytes(file);
        Assert.True(MirrorRecord.Read(file) is { HoldsOrphans: true, IsUnsettled: true, IsUnproven: true, Path: "team/widgets.git" });
        foreach ((int bit, byte[] flipped) in Flips.Of(written))
        {
            File.WriteAllBytes(file, flipped);
            try
            {
                MirrorRecord read = MirrorRecord.Read(file);
                Assert.True(
                    read
                        is {
                            HoldsOrphans: true,
                            IsUnsettled: true,
                            IsUnproven: true,
                            Host: not null,
                            Path: not null,
                            ObjectFormat: not null
                        },
                    $"bit {bit}"
                );
            }
            catch (InvalidDataException)
            {
                // The mirror is made again.
            }
        }
    }

    public void Dispose() => _folder.Dispose();
}
