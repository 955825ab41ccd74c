using System.Text.Json;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// One small thing that outlives a restart, as a JSON file in the data folder: replaced whole, by a rename. What does not read
/// back is as if it were not there: nothing right depends on it.
/// </summary>
/// <typeparam name="T">What.</typeparam>
public sealed class Journal<T>(DataFolder folder, string name)
    where T : class
{
    /// <summary>Reading fails if a property is missing, or is null and must not be.</summary>
    private static readonly JsonSerializerOptions s_strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private readonly string _path = Path.Combine(folder.Root, name);

    /// <summary>Reads the last state that was written; null if there is none.</summary>
    public T? Read()
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(RegularFile.At(_path)), s_strict);
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
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(state, s_strict));
            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next change is written again.
        }
    }
}
