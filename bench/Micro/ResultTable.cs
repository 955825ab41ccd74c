using System.Globalization;
using System.Text;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Mathematics;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Waystation.Micro;

/// <summary>The results as Markdown, a row for each benchmark: median (least–most) of the iterations, and the allocations of one
/// call.</summary>
/// <param name="config">How all are measured.</param>
internal sealed class ResultTable(IConfig config)
{
    private readonly StringBuilder _rows = new("| what | bytes | ns | MB/s | bytes allocated |\n| --- | --- | --- | --- | --- |\n");

    /// <summary>Whether every benchmark gave a result.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Measures all benchmarks of a class; if one fails, the log of the class goes to standard error.</summary>
    public void Run<T>()
        where T : IOperations
    {
        Console.Error.WriteLine($"micro: {typeof(T).Name}");
        var log = new AccumulationLogger();
        Summary summary = BenchmarkRunner.Run<T>(ManualConfig.Union(config, ManualConfig.CreateEmpty().AddLogger(log)));
        if (summary.Reports.IsEmpty || !summary.Reports.All(static report => report.Success))
        {
            IsWhole = false;
            Console.Error.WriteLine(log.GetLog());
        }

        foreach (BenchmarkReport report in summary.Reports.Where(static report => report.Success))
        {
            Add(T.Describe(report.BenchmarkCase.Descriptor.WorkloadMethod.Name), report);
        }
    }

    public override string ToString() => _rows.ToString();

    private void Add(Operation operation, BenchmarkReport report)
    {
        Statistics nanoseconds = report.ResultStatistics!;
        string allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) is { } bytes ? Text(bytes) : "";
        _rows
            .Append(CultureInfo.InvariantCulture, $"| {operation.What} | {Text(operation.Bytes)} ")
            .Append(CultureInfo.InvariantCulture, $"| {Text(nanoseconds.Median)} ({Text(nanoseconds.Min)}–{Text(nanoseconds.Max)}) ")
            .Append(
                CultureInfo.InvariantCulture,
                $"| {Speed(nanoseconds.Median)} ({Speed(nanoseconds.Max)}–{Speed(nanoseconds.Min)}) | {allocated} |\n"
            );

        // A byte in a nanosecond is a gigabyte in a second.
        string Speed(double time) => Text(operation.Bytes / time * 1000);
    }

    private static string Text(double value) => value.ToString(value is > 0 and < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
