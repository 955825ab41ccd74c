using System.Buffers;

namespace Waystation.Primaries.Ssh;

/// <summary>A command to run at the primary.</summary>
/// <param name="Service"><c>git-upload-pack</c>, <c>git-receive-pack</c>, <c>git-upload-archive</c>, <c>git-lfs-authenticate</c> or
/// <c>git-lfs-transfer</c>.</param>
/// <param name="Path">The repository's path at the primary (<see cref="SshTarget.PathOf"/>); <see cref="ToString"/> quotes it.</param>
/// <param name="Arguments">The words after the path, such as <c>download</c> for LFS; quoted only if a shell would change them.</param>
public sealed record RemoteCommand(string Service, string Path, params IReadOnlyList<string> Arguments)
{
    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@+,"
    );

    /// <summary>The fetch service.</summary>
    public static RemoteCommand UploadPack(string path) => new("git-upload-pack", path);

    /// <summary>The line that the primary's shell, or forced command, gets.</summary>
    public override string ToString() => string.Join(' ', [Service, ShellQuote.Word(Path), .. Arguments.Select(WordOf)]);

    private static string WordOf(string argument) =>
        argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(s_plain) ? argument : ShellQuote.Word(argument);
}
