using System.Buffers;
using System.Security.Cryptography;

namespace Waystation.Primaries.Loops;

/// <summary>
/// The mark by which a node knows a request that has come back to it. Over HTTP it is the pseudonym in <c>Via</c> (RFC 9110, section
/// 7.6.3), to which each proxy adds its own; over SSH it is a variable of the environment, which only the node's own sshd takes. So a ring
/// of several nodes ends as well. The mark is new at every start, and says nothing of the machine.
/// </summary>
public static class NodeMark
{
    /// <summary>The variable over SSH: the marks of all nodes on the way, with spaces between them.</summary>
    public const string Variable = "WAYSTATION_VIA";

    private const string Product = "waystation-";
    private const int MarkBytes = 8;

    /// <summary>The bound on marks over SSH: some forty nodes, which no honest way has.</summary>
    private const int MaxLength = 1024;

    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    private static readonly AsyncLocal<string?> s_session = new();

    /// <summary>The mark of this process.</summary>
    public static string Own { get; } = Product + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(MarkBytes));

    /// <summary>The value of <c>Via</c> in the node's own requests.</summary>
    public static string Via { get; } = $"1.1 {Own}";

    /// <summary>
    /// The value of <see cref="Variable"/> for the primary: the marks of the session in whose flow the caller runs, and the own one.
    /// </summary>
    public static string Chain => s_session.Value is { Length: > 0 } before ? $"{before} {Own}" : Own;

    /// <summary>Whether the <c>Via</c> fields of a request name this node.</summary>
    public static bool IsIn(IEnumerable<string?> via)
    {
        ArgumentNullException.ThrowIfNull(via);
        return via.Any(static value => value is not null && value.Contains(Own, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Begins a session of the SSH door. All that it starts passes its marks on.</summary>
    /// <param name="marks">The value of <see cref="Variable"/> that the client sent; null if it sent none.</param>
    /// <returns>Whether the session may go on; false if it has been here before.</returns>
    public static bool TryBeginSession(string? marks)
    {
        if (marks is null)
        {
            return true;
        }

        if (marks.Length > MaxLength || marks.Contains(Own, StringComparison.Ordinal))
        {
            return false;
        }

        // A client can send anything; only marks are passed on.
        s_session.Value = string.Join(' ', marks.Split(' ').Where(IsMark));
        return true;
    }

    private static bool IsMark(string word) =>
        word.Length == Own.Length
        && word.StartsWith(Product, StringComparison.Ordinal)
        && !word.AsSpan(Product.Length).ContainsAnyExcept(s_hexadecimal);
}
