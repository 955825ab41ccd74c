using System.Globalization;

namespace Waystation.TestKit.Servers;

/// <summary>
/// What the primary runs in place of <c>git pack-objects</c> (<c>uploadpack.packObjectsHook</c>): it notes each pack that is
/// made, and holds or breaks it where a test wants. So "the primary made one pack" is a line count.
/// </summary>
internal sealed class PackHook
{
    private readonly string _notes;
    private readonly string _orders;

    public PackHook(TempFolder folder, string repositories)
    {
        _notes = folder.CreateSharedFolder("packs-made");
        _orders = folder.CreateSharedFolder("orders");
        Script = folder["pack-objects-hook"];
        File.WriteAllText(
            Script,
            $$"""
            #!/bin/sh
            # upload-pack runs this in the repository, with the command line of git pack-objects.
            here=$(pwd -P)
            name=$(printf %s "${here#{{repositories}}/}" | tr / _)
            echo "$*" >>"{{_notes}}/$name"
            mode=pass bytes=0
            [ ! -f "{{_orders}}/$name" ] || . "{{_orders}}/$name"
            wait_at_gate() {
                : >"{{_orders}}/$name.reached"
                while [ -e "{{_orders}}/$name.gate" ]; do sleep 0.02; done
            }
            case $mode in
            pass) exec "$@" ;;
            slow) sleep "$seconds"; exec "$@" ;;
            hold) "$@" | { head -c "$bytes"; wait_at_gate; cat; } ;;
            fail) "$@" | head -c "$bytes"; exit 1 ;;
            die) "$@" | head -c "$bytes"; kill -9 "$PPID" ;;
            esac

            """
        );
        File.SetUnixFileMode(Script, (UnixFileMode)0b111_101_101);
    }

    public string Script { get; }

    public IReadOnlyList<string> PacksMade(string repository)
    {
        string file = Path.Combine(_notes, FileName(repository));
        return File.Exists(file) ? File.ReadAllLines(file) : [];
    }

    public PackGate Hold(string repository, long afterBytes)
    {
        string order = Path.Combine(_orders, FileName(repository));
        var gate = new PackGate(order);
        File.WriteAllText(order, $"mode=hold bytes={afterBytes}\n");
        return gate;
    }

    public PackGate Slow(string repository, TimeSpan by)
    {
        string order = Path.Combine(_orders, FileName(repository));
        var gate = new PackGate(order);
        File.WriteAllText(order, string.Create(CultureInfo.InvariantCulture, $"mode=slow seconds={by.TotalSeconds}\n"));
        return gate;
    }

    public PackGate Break(string repository, PackBreak how, long afterBytes)
    {
        string order = Path.Combine(_orders, FileName(repository));
        var gate = new PackGate(order);
        File.WriteAllText(order, $"mode={(how == PackBreak.Fail ? "fail" : "die")} bytes={afterBytes}\n");
        return gate;
    }

    private static string FileName(string repository) => repository.Replace('/', '_');
}

/// <summary>How the making of a pack ends before its time.</summary>
public enum PackBreak
{
    /// <summary><c>pack-objects</c> fails, and upload-pack says so on sideband 3.</summary>
    Fail,

    /// <summary>upload-pack is killed: the answer just ends.</summary>
    Die,
}

/// <summary>An order to the primary about packs that it makes from now on; disposing it takes the order back.</summary>
public sealed class PackGate : IDisposable
{
    private readonly string _order;

    internal PackGate(string order)
    {
        this._order = order;
        File.WriteAllText(order + ".gate", "");
    }

    /// <summary>Waits until a pack stands at the gate, its first bytes sent.</summary>
    public Task ReachedAsync() => Eventually.TrueAsync("a pack is held at the gate", () => File.Exists(_order + ".reached"));

    public void Dispose()
    {
        File.Delete(_order);
        File.Delete(_order + ".gate");
        File.Delete(_order + ".reached");
    }
}
