namespace Waystation.Ratios.Measures;

/// <summary>A warm clone over SSH against <c>ssh host cat</c> of the same bytes, and what relay and node add to the set-up of a
/// session.</summary>
internal static class OverSsh
{
    private const int SessionsPerSample = 7,
        SetUpsPerSample = 15;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        await using SshDoors doors = await SshDoors.OpenAsync(stage);
        await CompareClonesAsync(stage, doors, samples, table);
        await CompareSetUpAsync(stage, doors, samples, table);
    }

    private static async Task CompareClonesAsync(Stage stage, SshDoors doors, int samples, Table table)
    {
        PrimaryRepository large = await stage.LargeAsync();
        string input = await stage.BodyFileAsync(
            "ssh.fetch",
            [.. FetchBody.LsRefs, .. FetchBody.Clone(await large.ResolveAsync("refs/heads/main")), .. "0000"u8]
        );
        string command = $"git-upload-pack {large.Name}";
        long length = 0;
        await Eventually.TrueAsync(
            "the clone is a hit",
            async () =>
            {
                length = (await doors.AtNodeAsync(command, input)).Bytes;
                return (await doors.Node.MetricsAsync()).Fetches("hit") > 0;
            }
        );
        string file = stage.Folder["ssh.bytes"];
        await File.WriteAllBytesAsync(file, new byte[length]);
        doors.RunPlainly($"cat {file}");

        Samples ours = new(),
            theirs = new();
        double megabytes = length / 1e6;
        for (int sample = -1; sample < samples; sample++)
        {
            List<double> byNode = [],
                byCat = [];
            for (int i = 0; i < (stage.IsQuick ? 1 : SessionsPerSample); i++)
            {
                byNode.Add(Whole(await doors.AtNodeAsync(command, input), length));
                byCat.Add(Whole(await doors.AtPlainAsync("cat"), length));
            }

            if (sample < 0)
            {
                continue; // the first of each only warms up
            }

            ours.Add(megabytes / Samples.MedianOf(byNode));
            theirs.Add(megabytes / Samples.MedianOf(byCat));
        }

        table.Add(
            new Row($"warm clone over SSH, {megabytes:0.0} MB, login and `ls-refs` included, MB/s")
            {
                Ours = ours.Say("0"),
                Rival = $"`ssh host cat`: {theirs.Say("0")}",
                Compared = ours.Over(theirs),
                Unit = "×",
                Bar = Bar.AtLeast(0.8),
            }
        );
    }

    /// <summary>A command that is refused takes the whole way, key and session, and asks the primary nothing.</summary>
    private static async Task CompareSetUpAsync(Stage stage, SshDoors doors, int samples, Table table)
    {
        string script = stage.Folder["refuse"];
        await File.WriteAllTextAsync(script, "#!/bin/sh\necho 'this is a Git server' >&2\nexit 1\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        doors.RunPlainly(script);
        Samples ours = new(),
            theirs = new(),
            added = new();
        for (int sample = -1; sample < samples; sample++)
        {
            List<double> byNode = [],
                byScript = [];
            for (int i = 0; i < (stage.IsQuick ? 1 : SetUpsPerSample); i++)
            {
                byNode.Add((await doors.AtNodeAsync("whoami", input: null)).Seconds * 1000);
                byScript.Add((await doors.AtPlainAsync("whoami")).Seconds * 1000);
            }

            if (sample < 0)
            {
                continue;
            }

            double node = Samples.MedianOf(byNode),
                plain = Samples.MedianOf(byScript);
            ours.Add(node);
            theirs.Add(plain);
            added.Add(node - plain);
        }

        string kind = File.Exists(Path.Combine(Path.GetDirectoryName(Checkout.Program)!, "waystation-ssh-relay.dll"))
            ? "ordinary runtime"
            : "compiled ahead of time";
        table.Add(
            new Row($"SSH session, login to exit, relay {kind}, ms")
            {
                Ours = ours.Say("0"),
                Rival = $"plain forced command: {theirs.Say("0")}",
                Compared = added,
                Format = "0.0",
                Unit = "ms added",
                Bar = Bar.AtMost(20),
            }
        );
    }

    private static double Whole((double Seconds, long Bytes) transfer, long length) =>
        transfer.Bytes == length ? transfer.Seconds : throw new InvalidOperationException($"{transfer.Bytes} of {length} bytes came");
}
