namespace Waystation.Micro;

/// <summary>What one call of a benchmark does.</summary>
/// <param name="What">For the table.</param>
/// <param name="Bytes">How many bytes it reads or writes.</param>
internal sealed record Operation(string What, long Bytes);

/// <summary>A class of benchmarks that says what its methods do.</summary>
internal interface IOperations
{
    /// <summary>What the benchmark of this name does.</summary>
    static abstract Operation Describe(string method);
}
