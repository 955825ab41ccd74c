using System.Net;
using System.Security.Cryptography;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.PassThrough;

public sealed class UploadTests(Station station) : IClassFixture<Station>
{
    private const int Mebibyte = 1 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_StreamsThrough_WithoutBeingHeld(bool withLength)
    {
        const int Size = 192 * Mebibyte;
        using var client = new HttpClient();
        await client.GetStringAsync(new Uri(station.Node.Url, "/index.html"));
        long idle = station.Node.ResidentBytes;
        station.Node.ForgetPeak();

        using var content = new RandomContent(seed: 42, Size, withLength);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(station.Node.Url, "/sink")) { Content = content };
        using HttpResponseMessage answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(content.Digest, (await answer.Content.ReadAsStringAsync()).Trim());
        long grown = station.Node.PeakResidentBytes - idle;
        Assert.True(grown < 100 * Mebibyte, $"the node grew by {grown / Mebibyte} MiB during an upload of {Size / Mebibyte} MiB");
    }

    [Fact]
    public async Task Upload_Arrives_WhenItComesInSmallChunks()
    {
        using RawConnection connection = await RawConnection.OpenAsync(station.Node.Url);
        await connection.SendAsync(
            "POST /echo/chunks HTTP/1.1\r\nHost: primary\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"u8.ToArray()
        );
        foreach (char letter in "streamed")
        {
            await connection.SendAsync(Encoding.ASCII.GetBytes($"1\r\n{letter}\r\n"));
        }

        await connection.SendAsync("0\r\n\r\n"u8.ToArray());
        RawAnswer answer = await connection.ReadToEndAsync();
        Assert.Equal(200, answer.Status);
        Assert.EndsWith("streamed", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Push_StreamsThrough_WhenThePackIsLarge()
    {
        const int Size = 96 * Mebibyte;
        PrimaryRepository repository = await station.Primary.CreateAsync("public/large-push.git", new History(Seed: 43));
        using var folder = new TempFolder();
        GitClient git = new(folder);
        await git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "writer");
        GitClient writer = git.In("writer").With("core.compression=0").With("core.bigFileThreshold=1m");
        byte[] film = new byte[Size / 4];
        var random = new Random(44);
        for (int i = 1; i <= 4; i++)
        {
            random.NextBytes(film);
            await File.WriteAllBytesAsync(Path.Combine(writer.Folder, $"film{i}.bin"), film);
        }

        await writer.RunAsync("add", ".");
        await writer.RunAsync("commit", "--quiet", "--message", "Films");
        long idle = station.Node.ResidentBytes;
        station.Node.ForgetPeak();
        await writer.RunAsync("push", "--quiet");
        long grown = station.Node.PeakResidentBytes - idle;
        Assert.Equal(await writer.ReadAsync("rev-parse", "HEAD"), await repository.ResolveAsync("refs/heads/main"));
        Assert.True(grown < 100 * Mebibyte, $"the node grew by {grown / Mebibyte} MiB during a push of {Size / Mebibyte} MiB");
    }

    /// <summary>Random bytes made as they are sent, and their digest.</summary>
    private sealed class RandomContent(int seed, int size, bool withLength) : HttpContent
    {
        public string Digest { get; private set; } = "";

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var random = new Random(seed);
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] chunk = new byte[Mebibyte];
            for (int sent = 0; sent < size; sent += chunk.Length)
            {
                random.NextBytes(chunk);
                digest.AppendData(chunk);
                await stream.WriteAsync(chunk);
            }

            Digest = Convert.ToHexStringLower(digest.GetHashAndReset());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return withLength;
        }
    }
}
