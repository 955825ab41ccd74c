using System.Text;
using Waystation.SshFrontend.KeyAuthorities;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

/// <summary>The JSON that every authority answers (docs/key-authorities.md).</summary>
public sealed class AnswerTests
{
    [Theory]
    [InlineData("""{"username":"alice","passwordFile":"/etc/waystation/alice"}""")]
    [InlineData("""{"passwordFile":"/etc/waystation/alice","sshKeyFile":null,"username":"alice"}""")]
    [InlineData(" {\n\"username\" : \"al\\u0069ce\",\n\"passwordFile\":\"/etc/waystation/alice\"} \n")]
    public void UserOverHttp(string json) => Assert.Equal(new PrimaryCredential.HttpUser("alice", "/etc/waystation/alice"), Parse(json));

    [Theory]
    [InlineData("""{"sshKeyFile":"/etc/waystation/id_ed25519"}""")]
    [InlineData("""{"username":null,"passwordFile":null,"sshKeyFile":"/etc/waystation/id_ed25519"}""")]
    public void KeyOfTheNode(string json) => Assert.Equal(new PrimaryCredential.SshKey("/etc/waystation/id_ed25519"), Parse(json));

    [Theory]
    [InlineData("{}")]
    [InlineData(" { } \n")]
    [InlineData("""{"username":null}""")]
    public void Unknown(string json) => Assert.Null(Parse(json));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"alice\"")]
    [InlineData("{} {}")]
    [InlineData("{")]
    [InlineData("""{"username":"alice"}""")]
    [InlineData("""{"passwordFile":"/p"}""")]
    [InlineData("""{"username":"alice","passwordFile":"/p","sshKeyFile":"/k"}""")]
    [InlineData("""{"username":"alice","sshKeyFile":"/k"}""")]
    [InlineData("""{"username":"","passwordFile":"/p"}""")]
    [InlineData("""{"username":"a:b","passwordFile":"/p"}""")]
    [InlineData("""{"username":"a\nb","passwordFile":"/p"}""")]
    [InlineData("""{"username":7,"passwordFile":"/p"}""")]
    [InlineData("""{"username":"alice","passwordFile":"p"}""")]
    [InlineData("""{"username":"alice","passwordFile":"~/p"}""")]
    [InlineData("""{"username":"alice","passwordFile":""}""")]
    [InlineData("""{"sshKeyFile":"id_ed25519"}""")]
    [InlineData("""{"sshKeyFile":["/k"]}""")]
    [InlineData("""{"sshKeyFile":"/k\ud800"}""")]
    [InlineData("""{"sshKeyFile\ud800":"/k"}""")]
    [InlineData("""{"sshkeyfile":"/k"}""")]
    [InlineData("""{"sshKeyFile":"/k","sshKeyFile":"/l"}""")]
    [InlineData("""{"sshKeyFile":"/k",}""")]
    public void AnythingElse_IsAnError(string json) => Assert.Throws<KeyAuthorityException>(() => Parse(json));

    [Theory]
    [InlineData("""{"username":"alice","password":"hunter2"}""")]
    [InlineData("""{"username":"alice","passwordFile":"hunter2"}""")]
    [InlineData("""{"username":"hunter2:x","passwordFile":"/p"}""")]
    [InlineData("hunter2")]
    [InlineData("""{"username":hunter2}""")]
    [InlineData("""{"sshKeyFile":"/k" hunter2}""")]
    public void Complaint_QuotesNoValue(string json) =>
        Assert.DoesNotContain("hunter2", Assert.Throws<KeyAuthorityException>(() => Parse(json)).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"sshKeyFile\":\"/kX\"}")]
    [InlineData("{\"sshKeyX\":\"/k\"}")]
    public void BytesThatAreNoText_AreAnError(string json) =>
        Assert.Throws<KeyAuthorityException>(() =>
            CredentialParser.Parse(Encoding.ASCII.GetBytes(json).Select(static b => b == 'X' ? (byte)0xff : b).ToArray())
        );

    [Fact]
    public void Question_IsOneLineOfJson()
    {
        KeyQuestion question = TestKeys.Question();
        Assert.Equal(
            $$"""{"fingerprint":"{{question.Fingerprint}}","key":"{{question.Key}}"}""" + "\n",
            Encoding.UTF8.GetString(QuestionWriter.Write(question))
        );
        KeyQuestion certificate = KeyQuestion.OfCertificate(TestKeys.Ed25519(1), "carol \"c\"\n");
        Assert.Equal(
            $$"""{"fingerprint":"{{question.Fingerprint}}","key":"{{question.Key}}","keyId":"carol \"c\"\n"}""" + "\n",
            Encoding.UTF8.GetString(QuestionWriter.Write(certificate))
        );
    }

    private static PrimaryCredential? Parse(string json) => CredentialParser.Parse(Encoding.UTF8.GetBytes(json));
}
