using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.PktLines;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// The bound of the bytes beside the pack. git writes a line of progress a second and a keepalive every five: a day of both is 8 MiB. A
/// primary that sends more than twice that does not work, and the node stops reading.
/// </summary>
internal sealed class ProgressBound
{
    private const long Most = 16 << 20;

    private long _said;

    /// <summary>Counts a line of progress, or a keepalive.</summary>
    /// <exception cref="PrimaryException">The bound is exceeded.</exception>
    public void Count(long length)
    {
        _said += length + PktLineReader.HeaderLength + 1;
        if (_said > Most)
        {
            throw new PrimaryException("the primary sent nothing but progress");
        }
    }
}
