using System.Text;
using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Lfs;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class PointerSearchTests
{
    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task Pointers_AreFound_WhateverTheirPathsAre(string format)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(format: format);
        string[] paths = ["plain", "deep/er/file", ":colon", "tab\there", "line\nend", "quote\"d", "ümlaut", "space d", "exec"];
        string script = $"commit refs/heads/main\ncommitter S <s@example.com> 1700000000 +0000\ndata 1\nC\nfrom refs/heads/main^0\n";
        for (int i = 0; i < paths.Length; i++)
        {
            string name = $"\"{paths[i].Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
            script += File(paths[i] == "exec" ? "100755" : "100644", name, Pointer(i));
        }

        // None of these is a pointer: a link, a file that is too long, an empty one, and one that only begins so.
        script += File("120000", "link", Pointer(100));
        script += File("100644", "long", Pointer(101) + new string('x', 2_000));
        script += File("100644", "empty", "");
        script += File("100644", "longer", Pointer(102) + "\n");
        ObjectId before = ObjectId.Parse(await bench.Source.ReadAsync("rev-parse", "main"));
        await (
            bench.Source.Git("fast-import", "--quiet", "--done", "--force") with
            {
                Input = stream => stream.WriteAsync(Encoding.UTF8.GetBytes(script + "done\n")).AsTask(),
            }
        ).MustRunAsync();
        ObjectId after = ObjectId.Parse(await bench.Source.ReadAsync("rev-parse", "main"));
        Mirror mirror = await bench.MakeAsync();
        var search = new PointerSearch(bench.Git, new LookupLimiter(new MirrorOptions(), TimeProvider.System));
        using MirrorLease lease = mirror.TryRead()!;
        foreach (ObjectId? known in new ObjectId?[] { null, before })
        {
            var seen = new List<string>();
            IReadOnlyCollection<LfsObject> found = await search.FindAsync(
                lease,
                [(after, known)],
                path =>
                {
                    seen.Add(path);
                    return true;
                },
                CancellationToken.None
            );
            Assert.Equal(Enumerable.Range(0, paths.Length).Select(static i => (long)i), found.Select(static one => one.Size).Order());
            Assert.Empty(paths.Except(seen, StringComparer.Ordinal));
        }

        Assert.Empty(await search.FindAsync(lease, [(after, after)], static _ => true, CancellationToken.None));
        Assert.Empty(await search.FindAsync(lease, [(before, after), (before, null)], static _ => true, CancellationToken.None));
        Assert.Single(await search.FindAsync(lease, [(after, before)], static path => path == "plain", CancellationToken.None));
    }

    private static string Pointer(int number) => $"version https://git-lfs.github.com/spec/v1\noid sha256:{number:x64}\nsize {number}\n";

    private static string File(string mode, string path, string content) =>
        $"M {mode} inline {path}\ndata {Encoding.UTF8.GetByteCount(content)}\n{content}\n";
}
