using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Waystation.Ratios.Repositories;

/// <summary>
/// A node with very many mirrors. The node makes one itself, by a clone; the others are copies of its files, each under the name of a
/// repository that the primary has. The node checks the copies at its first start, as it checks those of a data folder that was copied.
/// </summary>
internal sealed class ManyMirrors : IAsyncDisposable
{
    /// <summary>The longest time for which a repository was not used: most of those that a company has are of another year.</summary>
    private static readonly TimeSpan s_longestUnused = TimeSpan.FromDays(30);

    /// <summary>The shortest: some are in use.</summary>
    private static readonly TimeSpan s_shortestUnused = TimeSpan.FromHours(12);

    private static readonly TimeSpan s_checking = TimeSpan.FromMinutes(20);

    private readonly TempFolder _folder = new();
    private WaystationNode? _node;

    private ManyMirrors() { }

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    /// <summary>A file with one line for each git that the node started; it is missing if there was none.</summary>
    public string GitRuns => _folder["runs"];

    private string Mirrors => Path.Combine(Node.DataFolder, "mirrors");

    /// <summary>Makes them. The node runs, and has checked all of them.</summary>
    public static async Task<ManyMirrors> MakeAsync(Stage stage, int count)
    {
        var many = new ManyMirrors();
        try
        {
            await many.StartAsync(stage);
            PrimaryRepository first = await stage.OnceAsync(
                "many/0",
                static async (_, made) => await LargeFiles.ImportAsync(made, 64 << 10)
            );
            for (int number = 1; number < count; number++)
            {
                Directory.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(first.Folder)!, NameOf(number)), first.Folder);
            }

            await new GitClient(many._folder).RunAsync("clone", "--quiet", many.Node.UrlOf(first).AbsoluteUri, "clone");
            await many.WaitForUpkeepAsync();
            await many.Node.StopAsync();
            await Console.Error.WriteLineAsync($"bench: making {count} mirrors");
            many.Copy(count);
            await many.Node.StartAgainAsync();
            await many.WaitForUpkeepAsync();
            await many.Node.StopAsync();
            many.SpreadUses();
            await many.Node.StartAgainAsync();
            return many;
        }
        catch
        {
            await many.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        _folder.Dispose();
    }

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{number}.git");

    private async Task StartAsync(Stage stage)
    {
        string git = (await new Command("sh", "-c", "command -v git").MustRunAsync()).Output.Trim(),
            wrapper = Path.Combine(_folder.CreateFolder("bin"), "git"),
            secret = _folder["service-password"];
        await File.WriteAllTextAsync(wrapper, $"#!/bin/sh\necho \"$*\" >>\"{GitRuns}\"\nexec {git} \"$@\"\n");
        File.SetUnixFileMode(wrapper, (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(secret, "alice-secret\n");
        _node = await WaystationNode.StartAsync(
            stage.Primary.Url,
            new NodeSettings
            {
                Options = ["--Primaries:0:Service:Username", "alice", "--Primaries:0:Service:PasswordFile", secret],
                Environment = new Dictionary<string, string>
                {
                    ["PATH"] = $"{_folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}",
                },
            }
        );
    }

    /// <summary>Each record says how large the mirror was when upkeep had nothing left to do, and null until then.</summary>
    private Task WaitForUpkeepAsync() =>
        Eventually.TrueAsync(
            "upkeep has nothing left to do",
            async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                return Directory.EnumerateDirectories(Mirrors).Any()
                    && Directory.EnumerateDirectories(Mirrors).All(static mirror => RecordOf(mirror)["UpkeptBytes"] is not null);
            },
            s_checking
        );

    private void Copy(int count)
    {
        string made = Directory.EnumerateDirectories(Mirrors).Single();
        JsonObject record = RecordOf(made);
        (string host, string path) = ((string)record["Host"]!, (string)record["Path"]!);
        string parent = path[..(path.LastIndexOf('/') + 1)];
        record["UpkeptBytes"] = null;
        (string Name, byte[] Content)[] files =
        [
            .. Directory
                .EnumerateFiles(made, "*", SearchOption.AllDirectories)
                .Select(file => (Path.GetRelativePath(made, file), File.ReadAllBytes(file))),
        ];
        for (int number = 1; number < count; number++)
        {
            record["Path"] = parent + NameOf(number);
            string copy = Path.Combine(Mirrors, FolderOf(host, parent + NameOf(number)));
            foreach ((string name, byte[] content) in files)
            {
                string file = Path.Combine(copy, name);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllBytes(file, name == "record" ? JsonSerializer.SerializeToUtf8Bytes(record) : content);
            }
        }
    }

    /// <summary>A mirror counts as last used when its record was written.</summary>
    private void SpreadUses()
    {
        string[] all = Directory.GetDirectories(Mirrors);
        foreach ((int number, string mirror) in all.Index())
        {
            TimeSpan unused = s_shortestUnused + ((s_longestUnused - s_shortestUnused) * number / all.Length);
            File.SetLastWriteTimeUtc(Path.Combine(mirror, "record"), DateTime.UtcNow - unused);
        }
    }

    private static JsonObject RecordOf(string mirror) => JsonNode.Parse(File.ReadAllText(Path.Combine(mirror, "record")))!.AsObject();

    private static string FolderOf(string host, string path) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(host + "\0" + path)).AsSpan(0, 16));
}
