namespace Waystation.Micro;

/// <summary>The work of one call of a benchmark.</summary>
/// <param name="What">Its name in the table.</param>
/// <param name="Bytes">How many bytes it reads or writes.</param>
internal sealed record Operation(string What, long Bytes);

/// <summary>A class of benchmarks that describes its methods.</summary>
internal interface IOperations
{
    /// <summary>The operation of the benchmark of this name.</summary>
    static abstract Operation Describe(string method);
}
