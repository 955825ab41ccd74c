using Waystation.Fuzz;

// One target under afl-fuzz, which the script `run` starts. Without afl-fuzz: reads standard input once.
if (args is not [var name] || FuzzTargets.All.FirstOrDefault(target => target.Name == name) is not { } chosen)
{
    Console.Error.WriteLine("usage: fuzz TARGET, one of: " + string.Join(' ', FuzzTargets.All));
    return 2;
}

SharpFuzz.Fuzzer.Run(stream =>
{
    using var bytes = new MemoryStream();
    stream.CopyTo(bytes);
    chosen.Read(bytes.ToArray());
});
return 0;
