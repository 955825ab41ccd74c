using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// One small thing that outlives a restart, as a JSON file in the data folder: replaced whole, by a rename. What does not read
/// back is as if it were not there: nothing right depends on it.
/// </summary>
/// <typeparam name="T">What.</typeparam>
/// <param name="folder">The data folder.</param>
/// <param name="name">The name of the file.</param>
/// <param name="type">How it is read and written: made when the program is built, because at a start reflection costs more than the rest
/// of it. Reading must fail if a property is missing, or is null and must not be.</param>
public sealed class Journal<T>(DataFolder folder, string name, JsonTypeInfo<T> type)
    where T : class
{
    private readonly string _path = Path.Combine(folder.Root, name);

    /// <summary>Reads the last state that was written; null if there is none.</summary>
    public T? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(RegularFile.At(_path)), type);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces it; a disk that refuses keeps the old one.</summary>
    public void Write(T state)
    {
        if (!folder.IsWritable)
        {
            return;
        }

        try
        {
            string temporary = folder.NewTemporaryPath(".json");
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(state, type));
            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next change is written again.
        }
    }
}
