using System.Globalization;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Tests.Lfs;

/// <summary>LFS objects that differ by a number.</summary>
internal static class Numbered
{
    public static LfsObject Object(int number) =>
        LfsObjectId.TryParse(number.ToString("x64", CultureInfo.InvariantCulture).AsSpan(), out LfsObjectId id)
            ? new LfsObject(id, 1_234)
            : throw new ArgumentException("no id", nameof(number));
}
