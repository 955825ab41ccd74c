using Waystation.SshFrontend.Sessions;

namespace Waystation.SshFrontend.Tests;

/// <summary>The commands that a client may run, and those that it may not.</summary>
public sealed class GitCommandLineTests
{
    [Theory]
    [InlineData("git-upload-pack 'team/tool.git'", "git-upload-pack", "team/tool.git")]
    [InlineData("git-upload-pack '/team/tool.git'", "git-upload-pack", "/team/tool.git")]
    [InlineData("git upload-pack 'a b'", "git-upload-pack", "a b")]
    [InlineData("git-upload-pack 'it'\\''s'", "git-upload-pack", "it's")]
    [InlineData("git-upload-pack 'wow'\\!''", "git-upload-pack", "wow!")]
    [InlineData("git-receive-pack \"a\\\"b\"", "git-receive-pack", "a\"b")]
    [InlineData("git-upload-archive plain.git", "git-upload-archive", "plain.git")]
    [InlineData("git-lfs-authenticate team/tool.git download", "git-lfs-authenticate", "team/tool.git")]
    [InlineData("git-lfs-transfer team/tool.git upload", "git-lfs-transfer", "team/tool.git")]
    [InlineData("git-upload-pack '$(id);`id`'", "git-upload-pack", "$(id);`id`")]
    public void Command_IsRead(string command, string service, string path)
    {
        Assert.True(GitCommandLine.TryParse(command, out GitCommandLine? line));
        Assert.Equal((service, path), (line.Service, line.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("git-upload-pack")]
    [InlineData("git-upload-pack ''")]
    [InlineData("git-upload-pack 'open")]
    [InlineData("git-upload-pack a b")]
    [InlineData("git-upload-pack -x")]
    [InlineData("git-upload-pack '--upload-pack=id'")]
    [InlineData("git-upload-pack a; id")]
    [InlineData("git-upload-pack a | id")]
    [InlineData("git-upload-pack $HOME")]
    [InlineData("git-upload-pack \"$HOME\"")]
    [InlineData("git-upload-pack `id`")]
    [InlineData("git-upload-pack a\nid")]
    [InlineData("git-upload-pack 'a\nb'")]
    [InlineData("git-lfs-authenticate a download b c")]
    [InlineData("git-lfs-authenticate a --x")]
    [InlineData("git-shell a")]
    [InlineData("git -c x upload-pack a")]
    [InlineData("sh -c id")]
    [InlineData("scp -f x")]
    public void AnythingElse_IsNot(string command) => Assert.False(GitCommandLine.TryParse(command, out _));
}
