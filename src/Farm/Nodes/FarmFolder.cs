using System.Security.Cryptography;
using Waystation.CacheStore.Disk;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Nodes;

/// <summary>What a node keeps of the farm in its data folder: the id of the folder, and the decisions of operators, sealed.</summary>
internal sealed class FarmFolder
{
    private readonly string _path;
    private readonly FarmSecrets _secrets;
    private readonly ILogger _logger;

    public FarmFolder(string path, FarmSecrets secrets, ILogger logger)
    {
        _path = path;
        _secrets = secrets;
        _logger = logger;
        Id = ReadId();
    }

    /// <summary>The id of the data folder. A node that starts again has the same.</summary>
    public string Id { get; }

    private string VerdictsFile => Path.Combine(_path, "verdicts");

    /// <summary>The verdicts, sealed again with the secret that seals now: a rotation may drop the other one next.</summary>
    public IReadOnlyList<Verdict> ReadVerdicts()
    {
        try
        {
            Verdict[] all = File.Exists(VerdictsFile)
                ? [.. File.ReadLines(VerdictsFile).Select(line => Verdict.Open(_secrets, Convert.FromBase64String(line))).OfType<Verdict>()]
                : [];
            if (all.Length > 0)
            {
                WriteVerdicts(all);
            }

            return all;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            _logger.FarmFolderFailed(e.Message);
            return [];
        }
    }

    public void WriteVerdicts(IReadOnlyList<Verdict> all) =>
        Write(VerdictsFile, [.. all.Select(verdict => Convert.ToBase64String(verdict.Seal(_secrets)))]);

    private string ReadId()
    {
        string file = Path.Combine(_path, "id");
        try
        {
            if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } id)
            {
                return id;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.FarmFolderFailed(e.Message);
        }

        string made = RandomNumberGenerator.GetHexString(32, lowercase: true);
        Write(file, [made]);
        return made;
    }

    private void Write(string file, IReadOnlyList<string> lines)
    {
        try
        {
            DataFolder.CreatePrivate(_path);
            string next = file + ".next";
            File.WriteAllLines(next, lines);
            File.Move(next, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.FarmFolderFailed(e.Message);
        }
    }
}
