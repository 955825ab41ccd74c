using System.Reflection;
using Xunit.Sdk;

namespace Waystation.TestKit.Wire;

/// <summary>Runs a theory once for each of <see cref="Cuts.Of"/> the lines; its one parameter is the sequence.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class EveryCutAttribute(params string[] lines) : DataAttribute
{
    /// <summary>What is cut, as <see cref="Wire.Lines"/> reads it.</summary>
    public IReadOnlyList<string> Lines { get; } = lines;

    /// <inheritdoc/>
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        Cuts.Of(Wire.Lines.ToBytes(Lines)).Select(sequence => new object[] { sequence });
}
