using System.Text.Json;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Parses an authority's answer: <c>{"username":…,"passwordFile":…}</c>, <c>{"sshKeyFile":…}</c>, or <c>{}</c> for an unknown key.
/// </summary>
internal static class CredentialParser
{
    public const string Username = "username",
        PasswordFile = "passwordFile",
        SshKeyFile = "sshKeyFile";

    /// <summary>The longest answer, in bytes; it guards against an authority that never ends its answer.</summary>
    public const int MaxLength = 64 << 10;

    /// <summary>The credential; null for an empty object.</summary>
    /// <exception cref="KeyAuthorityException">The answer is none of the three.</exception>
    public static PrimaryCredential? Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonMembers.Parse(json);
        return Of(JsonMembers.Read(document.RootElement, Username, PasswordFile, SshKeyFile));
    }

    /// <inheritdoc cref="Parse"/>
    public static PrimaryCredential? Of(IReadOnlyDictionary<string, string> members)
    {
        string? username = members.GetValueOrDefault(Username);
        string? passwordFile = members.GetValueOrDefault(PasswordFile);
        return (username, passwordFile, members.GetValueOrDefault(SshKeyFile)) switch
        {
            (null, null, null) => null,
            (null, null, { } file) => new PrimaryCredential.SshKey(AbsolutePath(SshKeyFile, file)),
            ({ } name, { } file, null) => new PrimaryCredential.HttpUser(LoginName(name), AbsolutePath(PasswordFile, file)),
            (_, _, not null) => throw new KeyAuthorityException(
                $"{SshKeyFile} beside {Username} or {PasswordFile}: give only one of the two"
            ),
            _ => throw new KeyAuthorityException($"{Username} and {PasswordFile} must be given together"),
        };
    }

    /// <summary>A colon would end the name in Basic authentication (RFC 7617, 2).</summary>
    private static string LoginName(string name) =>
        name.Length > 0 && !name.Any(static c => c == ':' || char.IsControl(c))
            ? name
            : throw new KeyAuthorityException($"{Username} is empty, or contains a colon or a control character");

    private static string AbsolutePath(string member, string path) =>
        Path.IsPathFullyQualified(path) && !path.Any(char.IsControl)
            ? path
            : throw new KeyAuthorityException($"{member} is no absolute path");
}
