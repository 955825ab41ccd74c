using System.Globalization;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>A git for the node that makes no pack while the gate is shut, and looks nothing up while that of look-ups is.</summary>
internal sealed class GitGate
{
    private readonly TempFolder _folder;

    private GitGate(TempFolder folder) => this._folder = folder;

    /// <summary>The arguments with which to start the node.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { ["PATH"] = $"{_folder["bin"]}:{System.Environment.GetEnvironmentVariable("PATH")}" };

    /// <summary>Of each git that was to make a pack, the id of its process, in order.</summary>
    public IReadOnlyList<int> Came =>
        File.Exists(_folder["came"])
            ? [.. File.ReadAllLines(_folder["came"]).Select(static line => int.Parse(line, CultureInfo.InvariantCulture))]
            : [];

    /// <summary>The same of each git that was to look something up while that was not let through.</summary>
    public IReadOnlyList<int> LookupsHeld =>
        File.Exists(_folder["held"])
            ? [.. File.ReadAllLines(_folder["held"]).Select(static line => int.Parse(line, CultureInfo.InvariantCulture))]
            : [];

    private string Gate => _folder["gate"];

    private string LookupGate => _folder["lookups"];

    public static async Task<GitGate> MakeAsync(TempFolder folder)
    {
        var gate = new GitGate(folder);
        string git = (await new Command("sh", "-c", "command -v git").MustRunAsync()).Output.Trim(),
            wrapper = Path.Combine(folder.CreateFolder("bin"), "git");
        await File.WriteAllTextAsync(
            wrapper,
            $"""
            #!/bin/sh
            case " $* " in
            *" upload-pack "*)
                echo $$ >>"{folder["came"]}"
                while [ -e "{gate.Gate}" ]; do sleep 0.02; done ;;
            *" cat-file "*)
                if [ -e "{gate.LookupGate}" ]; then echo $$ >>"{folder["held"]}"; fi
                while [ -e "{gate.LookupGate}" ]; do sleep 0.02; done ;;
            esac
            exec {git} "$@"

            """
        );
        File.SetUnixFileMode(wrapper, (UnixFileMode)0b111_101_101);
        return gate;
    }

    public void Shut() => File.WriteAllText(Gate, "");

    public void Open() => File.Delete(Gate);

    public void ShutLookups() => File.WriteAllText(LookupGate, "");

    public void OpenLookups() => File.Delete(LookupGate);
}
