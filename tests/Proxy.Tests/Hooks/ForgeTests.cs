using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Hooks;

namespace Waystation.Proxy.Tests.Hooks;

/// <summary>Each forge's own signature and webhook; those of another forge count for nothing.</summary>
public sealed class ForgeTests
{
    private const string Secret = "secret of the forge";

    private static readonly byte[] s_body = Encoding.UTF8.GetBytes("{}");

    [Theory]
    [InlineData("github", "X-Hub-Signature-256", "sha256=")]
    [InlineData("gitea", "X-Gitea-Signature", "")]
    [InlineData("gitea", "X-Forgejo-Signature", "")]
    [InlineData("gitea", "X-Hub-Signature-256", "sha256=")]
    [InlineData("bitbucket", "X-Hub-Signature", "sha256=")]
    public void Signature_Counts_InTheForgesOwnHeader(string name, string header, string prefix)
    {
        Forge forge = Forge.All.Single(one => one.Name == name);
        string digest = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), s_body));
        string other = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("another"), s_body));
        HeaderDictionary headers = new() { [header] = prefix + digest };

        Assert.True(forge.MaySign(headers, []));
        Assert.True(forge.IsSigned(headers, s_body, ["older secret", Secret]));
        Assert.False(forge.IsSigned(headers, s_body, ["older secret"]));
        Assert.False(forge.IsSigned(headers, "{ }"u8, [Secret]));
        foreach (string wrong in (string[])[digest, prefix + digest[..^1], prefix + digest[..^1] + "g", prefix + other, ""])
        {
            Assert.Equal(wrong == prefix + digest, forge.IsSigned(new HeaderDictionary { [header] = wrong }, s_body, [Secret]));
        }
    }

    [Fact]
    public void Token_OfGitLab_IsTheSecretItself()
    {
        var forge = new GitLabForge();
        HeaderDictionary headers = new() { ["X-Gitlab-Token"] = Secret };

        Assert.True(forge.MaySign(headers, ["older secret", Secret]));
        Assert.True(forge.IsSigned(headers, s_body, ["older secret", Secret]));
        Assert.False(forge.MaySign(headers, ["older secret"]));
        Assert.False(forge.MaySign(new HeaderDictionary { ["X-Gitlab-Token"] = "" }, [Secret]));
        Assert.False(forge.MaySign(new HeaderDictionary(), [Secret]));
    }

    [Theory]
    [InlineData("github", """{"repository":{"full_name":"team/tool"}}""", "team/tool")]
    [InlineData("gitea", """{"repository":{"full_name":"team/tool"}}""", "team/tool")]
    [InlineData("gitlab", """{"project":{"path_with_namespace":"team/tool"},"repository":{"full_name":"other/one"}}""", "team/tool")]
    [InlineData("bitbucket", """{"repository":{"full_name":"team/tool"}}""", "team/tool")]
    [InlineData("bitbucket", """{"repository":{"slug":"tool","project":{"key":"TEAM"}}}""", "TEAM/tool")]
    [InlineData("bitbucket", """{"repository":{"slug":"tool"}}""", null)]
    [InlineData("github", """{"repository":7}""", null)]
    [InlineData("gitlab", "[]", null)]
    public void Repository_IsNamed_InTheForgesOwnPlace(string name, string notice, string? repository)
    {
        using var json = JsonDocument.Parse(notice);

        Assert.Equal(repository, Forge.All.Single(one => one.Name == name).RepositoryIn(json.RootElement));
    }
}
