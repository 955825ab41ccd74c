using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using Waystation.Micro;
using Waystation.TestKit.Servers;

// The cost of the innermost parts, as one Markdown table on standard output; everything else goes to standard error.
if (args is not ([] or ["--quick"]))
{
    await Console.Error.WriteLineAsync("micro: use: [--quick]");
    return 2;
}

// In this process: a program that is generated and built for each run would need sources, a restore and a place to put them.
Job job = (args is ["--quick"] ? Job.ShortRun : Job.Default.WithWarmupCount(3).WithIterationCount(7))
    .WithIterationTime(TimeInterval.FromMilliseconds(args is ["--quick"] ? 30 : 100))
    .WithToolchain(InProcessEmitToolchain.Instance);
using var temp = new TempFolder();
IConfig config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).WithArtifactsPath(temp["artifacts"]);
var table = new ResultTable(config);
table.Run<RequestReading>();
table.Run<RefReading>();
table.Run<KeyMaking>();
table.Run<AnswerWriting>();
table.Run<BlockChecking>();
table.Run<PackCopying>();
Console.Write(table);
return table.IsWhole ? 0 : 1;
