using System.Reflection;
using Xunit.Sdk;

namespace Waystation.TestKit.Wire;

/// <summary>Runs a theory once for every beginning of the lines that is not the whole; its one parameter is the sequence.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class EveryTruncationAttribute(params string[] lines) : DataAttribute
{
    /// <summary>What is truncated, as <see cref="Wire.Lines"/> reads it.</summary>
    public IReadOnlyList<string> Lines { get; } = lines;

    /// <inheritdoc/>
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        Cuts.Truncations(Wire.Lines.ToBytes(Lines)).Select(sequence => new object[] { sequence });
}
