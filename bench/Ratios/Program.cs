using System.Diagnostics;
using Waystation.Ratios;
using Waystation.Ratios.Measures;

// All figures of one run, on one machine, as one Markdown table; Settings.Use says how it is called.
(string Name, Func<Stage, int, Table, Task> MeasureAsync)[] measures =
[
    ("replay", Replay.MeasureAsync),
    ("refs", ForwardedRefs.MeasureAsync),
    ("upload", ForwardedUpload.MeasureAsync),
    ("shallow", ShallowClone.MeasureAsync),
    ("rivals", WhatElse.MeasureAsync),
    ("herd", Herd.MeasureAsync),
    ("push", Push.MeasureAsync),
    ("crowd", ColdCrowd.MeasureAsync),
    ("memory", MemoryOfStreams.MeasureAsync),
    ("first-byte", FirstPackByte.MeasureAsync),
    ("ssh", OverSsh.MeasureAsync),
    ("after-push", AfterPush.MeasureAsync),
    ("increment", Increment.MeasureAsync),
    ("after-commit", AfterCommit.MeasureAsync),
    ("quiet-fetch", QuietFetch.MeasureAsync),
    ("snapshot", SnapshotClone.MeasureAsync),
    ("many-refs", VeryManyRefs.MeasureAsync),
    ("mixed", MixedLoad.MeasureAsync),
    ("open-load", OpenLoad.MeasureAsync),
    ("beside-upkeep", BesideUpkeep.MeasureAsync),
    ("beside-scrubbing", BesideScrubbing.MeasureAsync),
    ("wide-area", WideArea.MeasureAsync),
    ("lfs", LargeObjects.MeasureAsync),
    ("farm", Farm.MeasureAsync),
    ("start", Start.MeasureAsync),
    ("scale", Scale.MeasureAsync),
    ("micro", MicroBenchmarks.MeasureAsync),
];
if (Settings.TryParse(args, [.. measures.Select(static measure => measure.Name)]) is not { } settings)
{
    await Console.Error.WriteLineAsync(
        $"bench: use: {Settings.Use}\nbench: names: {string.Join(' ', measures.Select(static measure => measure.Name))}"
    );
    return 2;
}

WaystationNode.AreMeasured = true;
long begun = Stopwatch.GetTimestamp();
await using Stage stage = await Stage.SetUpAsync(settings);
var table = new Table();
bool whole = true;
foreach ((string name, Func<Stage, int, Table, Task> measureAsync) in measures)
{
    if (!settings.Measures.Contains(name))
    {
        continue;
    }

    await Console.Error.WriteLineAsync($"bench: {Stopwatch.GetElapsedTime(begun):mm\\:ss} {name}");
    try
    {
        await measureAsync(stage, settings.Samples, table);
    }
    catch (Exception e) when (e is not OutOfMemoryException)
    {
        // The other measures go on; the failure takes the place of the figure.
        await Console.Error.WriteLineAsync($"bench: {name}: {e}");
        table.AddFailure(name, e.Message.Split('\n')[0]);
        whole = false;
    }
}

string run = $"""
    {await Machine.DescribeAsync()}. The run took {Stopwatch.GetElapsedTime(begun).TotalMinutes:0} minutes{(
        settings.IsQuick ? ", with the small repositories of --quick" : ""
    )}.

    Each figure is the median (least–most) of {settings.Samples} samples; the rivals of a row take turns. {table.Sum()}

    {table}
    """;
Console.WriteLine(run);
if (settings.IsKept)
{
    await PerformancePage.KeepAsync(run, stage.Charts);
}

return whole ? 0 : 1;
