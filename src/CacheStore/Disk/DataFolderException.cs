namespace Waystation.CacheStore.Disk;

/// <summary>The data folder may not be used; the message continues the sentence "the folder …".</summary>
public sealed class DataFolderException(string folder, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Its path.</summary>
    public string Folder { get; } = folder;
}
