using Waystation.Ratios;
using Waystation.Ratios.Measures;

// All figures of one run, on one machine, as one Markdown table: bench/run [--samples N] [--only replay,refs,...]
if (Settings.TryParse(args) is not { } settings)
{
    await Console.Error.WriteLineAsync($"bench: use: bench/run [--samples N, at least {Settings.FewestSamples}] [--only {string.Join(',', Settings.AllMeasures)}]");
    return 2;
}

await using Stage stage = await Stage.SetUpAsync();
var table = new Table();
bool whole = true;
foreach ((string name, Func<Stage, int, Table, Task> measure) in ((string, Func<Stage, int, Table, Task>)[])
[
    ("replay", Replay.MeasureAsync),
    ("refs", ForwardedRefs.MeasureAsync),
    ("upload", ForwardedUpload.MeasureAsync),
    ("shallow", ShallowClone.MeasureAsync),
    ("crowd", ColdCrowd.MeasureAsync),
    ("memory", MemoryOfStreams.MeasureAsync),
    ("first-byte", FirstPackByte.MeasureAsync),
    ("ssh", OverSsh.MeasureAsync),
])
{
    if (!settings.Measures.Contains(name))
        continue;
    await Console.Error.WriteLineAsync($"bench: {name}");
    try
    {
        await measure(stage, settings.Samples, table);
    }
    catch (Exception e) when (e is not OutOfMemoryException)
    {
        // The other measures still say something; what went wrong stands in place of the figure.
        await Console.Error.WriteLineAsync($"bench: {name}: {e}");
        table.AddFailure(name, e.Message.Split('\n')[0]);
        whole = false;
    }
}

Console.WriteLine(await Machine.DescribeAsync());
Console.WriteLine();
Console.WriteLine($"Each figure is the median (least–most) of {settings.Samples} samples; the rivals of a row take turns.");
Console.WriteLine();
Console.WriteLine(table);
return whole ? 0 : 1;
