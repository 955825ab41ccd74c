using System.Security.Cryptography;
using Waystation.Farm.Peers.Frames;

namespace Waystation.Farm.Tests.Peers;

public sealed class SealedFramesTests
{
    private static readonly byte[] s_key = RandomNumberGenerator.GetBytes(32);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SealedWriter.MaxContent)]
    [InlineData(SealedWriter.MaxContent + 1)]
    [InlineData(3 * SealedWriter.MaxContent + 17)]
    public async Task Read_ReturnsWhatWasWritten(int length)
    {
        byte[] content = RandomNumberGenerator.GetBytes(length);
        Assert.Equal(content, await ReadAsync(await WriteAsync(content), s_key));
    }

    [Fact]
    public async Task Read_RefusesEveryCut()
    {
        byte[] whole = await WriteAsync([1, 2, 3]);
        for (int length = 0; length < whole.Length; length++)
        {
            await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(whole[..length], s_key));
        }
    }

    [Fact]
    public async Task Read_RefusesEveryChangedBit()
    {
        byte[] whole = await WriteAsync([1, 2, 3]);
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] bad = [.. whole];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(bad, s_key));
        }
    }

    [Fact]
    public async Task Read_RefusesFramesThatWereMovedRepeatedOrLeftOut()
    {
        using var output = new MemoryStream();
        using var writer = new SealedWriter(output, s_key);
        List<byte[]> frames = [];
        for (byte number = 0; number < 3; number++)
        {
            await writer.WriteAsync(new[] { number });
            frames.Add(output.ToArray());
            output.SetLength(0);
        }

        await writer.EndAsync(CancellationToken.None);
        byte[] end = output.ToArray();
        Assert.Equal([0, 1, 2], await ReadAsync([.. frames[0], .. frames[1], .. frames[2], .. end], s_key));
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync([.. frames[1], .. frames[0], .. frames[2], .. end], s_key));
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync([.. frames[0], .. frames[0], .. frames[2], .. end], s_key));
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync([.. frames[0], .. frames[2], .. end], s_key));
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync([.. frames[0], .. frames[1], .. end], s_key));
    }

    [Fact]
    public async Task Read_RefusesAnotherKey() =>
        await Assert.ThrowsAnyAsync<IOException>(async () => await ReadAsync(await WriteAsync([1]), RandomNumberGenerator.GetBytes(32)));

    [Fact]
    public async Task Pulse_IsNoContent()
    {
        using var output = new MemoryStream();
        using var writer = new SealedWriter(output, s_key);
        await writer.PulseAsync(CancellationToken.None);
        await writer.WriteAsync(new byte[] { 7 });
        await writer.PulseAsync(CancellationToken.None);
        await writer.EndAsync(CancellationToken.None);
        Assert.Equal([7], await ReadAsync(output.ToArray(), s_key));
    }

    private static async Task<byte[]> WriteAsync(byte[] content)
    {
        using var output = new MemoryStream();
        using var writer = new SealedWriter(output, s_key);
        await writer.WriteAsync(content);
        await writer.EndAsync(CancellationToken.None);
        return output.ToArray();
    }

    private static async Task<byte[]> ReadAsync(byte[] frames, byte[] key)
    {
        using var reader = new SealedReader(new MemoryStream(frames), key, TimeSpan.FromMinutes(1));
        using var content = new MemoryStream();
        await reader.CopyToAsync(content);
        return content.ToArray();
    }
}
