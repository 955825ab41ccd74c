using System.Text;
using Microsoft.Extensions.Configuration;
using Waystation.Proxy.Setup;

namespace Waystation.Proxy.Tests.Setup;

/// <summary>A file of settings is changed where it must be, and is otherwise the operator's, to the byte.</summary>
public sealed class SettingsFileTests
{
    private const string Written = """
        // Ours.
        {
          "Primaries": [
            {
              "Url": "https://git.example.com", // the forge
              "Projects": { "Include": ["team/*"] }
            }
          ],
          /* disks */ "Data": "/srv/waystation", // local
          "Tls:Certificate": "/etc/a.pem",
          "Listen": ["https://*:443"], // the last one
        }

        """;

    [Theory]
    [InlineData("Data", "/other")]
    [InlineData("data", "/other")]
    [InlineData("Primaries:0:Url", "https://other.example.com")]
    [InlineData("Tls:Certificate", "/etc/b.pem")]
    [InlineData("Tls:Key", "/etc/b.key")]
    [InlineData("Primaries:0:Service:Username", "node")]
    [InlineData("Primaries:1:Url", "https://second.example.com")]
    [InlineData("Farm:Redis", "a \"quoted\" redis\\:1")]
    public void Value_IsSet_AndEverythingElseStays(string name, string value)
    {
        var file = new SettingsFile(Written);
        file.Set(name, SettingsFile.JsonOf(value, isList: false), "Why.");
        IConfiguration settings = Read(file.Text);
        Assert.Equal(value, settings[name]);
        IConfiguration before = Read(Written);
        Assert.Equal(
            before.AsEnumerable().Where(one => one.Value is not null && !Same(one.Key, name)).OrderBy(static one => one.Key),
            settings.AsEnumerable().Where(one => one.Value is not null && !Same(one.Key, name)).OrderBy(static one => one.Key)
        );
        foreach (string comment in (string[])["// Ours.", "// the forge", "/* disks */", "// local", "// the last one"])
        {
            Assert.Contains(comment, file.Text, StringComparison.Ordinal);
        }

        string once = file.Text;
        file.Set(name, SettingsFile.JsonOf(value, isList: false), "Why.");
        Assert.Equal(once, file.Text);
    }

    [Fact]
    public void NewFile_IsMade_AndASettingTakenBack()
    {
        var file = new SettingsFile("");
        file.Set("Primaries:0:Url", "\"https://a\"", "The primary.");
        file.Set("Primaries:0:Service:Username", "\"node\"", comment: null);
        file.Set("Listen", SettingsFile.JsonOf("http://127.0.0.1:1;http://127.0.0.1:2", isList: true), comment: null);
        file.Set("Ssh:Listen", "null", comment: null);
        Assert.Equal(
            """
            {
              // The primary.
              "Primaries": [
                {
                  "Url": "https://a",
                  "Service": {
                    "Username": "node"
                  }
                }
              ],
              "Listen": ["http://127.0.0.1:1", "http://127.0.0.1:2"]
            }

            """,
            file.Text
        );
        file.Set("Primaries:0:Service:Username", "null", comment: null);
        Assert.Equal("", Read(file.Text)["Primaries:0:Service:Username"] ?? "");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{ }")]
    [InlineData("{ // nothing\n}")]
    [InlineData("{\"A\": 1}")]
    [InlineData("{\"A\": 1, // one\n}")]
    [InlineData("{\"A\": 1 // one\n}")]
    [InlineData("{\"A\": 1 /* , */ , }")]
    public void Member_IsAdded_WhateverTheLayout(string text)
    {
        var file = new SettingsFile(text);
        file.Set("B:C", "\"2\"", "Two.");
        IConfiguration settings = Read(file.Text);
        Assert.Equal("2", settings["B:C"]);
        Assert.Equal(text.Contains('A', StringComparison.Ordinal) ? "1" : null, settings["A"]);
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static IConfiguration Read(string text) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(text))).Build();
}
