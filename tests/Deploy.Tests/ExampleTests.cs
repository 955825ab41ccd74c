using System.Text.Json;
using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>
/// The examples in deploy: whether they can be read, and whether each setting that they name exists. docs/settings.md has all of them,
/// which another test compares with the program.
/// </summary>
public sealed partial class ExampleTests
{
    private const string ToJson = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)";

    private static readonly string s_settings = Read("docs", "settings.md");

    [Theory]
    [InlineData("node.yaml")]
    [InlineData("farm.yaml")]
    public async Task Manifest_CanBeRead_AndItsSettingsExist(string name)
    {
        string text = Read("deploy", "kubernetes", name);
        CommandResult read = await (
            new Command("python3", "-c", ToJson) with
            {
                Input = async stream => await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text)),
            }
        ).MustRunAsync();
        using JsonDocument documents = JsonDocument.Parse(read.Output);

        JsonElement set = documents.RootElement.EnumerateArray().Single(static one => one.GetProperty("kind").GetString() == "StatefulSet");
        JsonElement container = set.GetProperty("spec").GetProperty("template").GetProperty("spec").GetProperty("containers")[0];
        string[] words = [.. container.GetProperty("args").EnumerateArray().Select(static word => word.GetString()!)];
        Assert.Equal("serve", words[0]);
        Assert.DoesNotContain(words[1..], static word => !Exists(word.Split('=')[0]));
        // Each port that a service or a probe names is one at which the node listens.
        string[] listened =
        [
            .. words
                .Select(static word => Port().Match(word))
                .Where(static port => port.Success)
                .Select(static port => port.Groups["port"].Value),
        ];
        Assert.Equal(
            listened.Order(StringComparer.Ordinal),
            container
                .GetProperty("ports")
                .EnumerateArray()
                .Select(static port => $"{port.GetProperty("containerPort")}")
                .Order(StringComparer.Ordinal)
        );
        Assert.Contains($"{container.GetProperty("readinessProbe").GetProperty("httpGet").GetProperty("port")}", listened);
    }

    [Fact]
    public void Settings_OfTheExampleFile_Exist()
    {
        using JsonDocument file = JsonDocument.Parse(
            Read("deploy", "waystation.json"),
            new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }
        );
        string[] names = [.. Names(file.RootElement, "")];
        Assert.InRange(names.Length, 5, 50);
        Assert.DoesNotContain(names, static name => !Exists(name));
    }

    [Fact]
    public void ImageFile_HasNoOtherInstructions_AndStartsTheProgram()
    {
        string[] lines =
        [
            .. Read("deploy", "Containerfile").Split('\n').Where(static line => line.Length > 0 && line[0] is not ('#' or ' ')),
        ];
        Assert.Empty(
            lines
                .Select(static line => line.Split(' ')[0])
                .Except(["FROM", "RUN", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"])
        );
        Assert.Contains("CMD [\"serve\", \"--config\", \"/etc/waystation/waystation.json\"]", lines);
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([Checkout.Root, .. path]));

    private static bool Exists(string name) =>
        s_settings.Contains($"`{name}`", StringComparison.Ordinal)
        || (name.StartsWith("--", StringComparison.Ordinal) && s_settings.Contains($"`{name[2..]}`", StringComparison.Ordinal));

    private static IEnumerable<string> Names(JsonElement value, string name) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Names(member.Value, $"{name}:{member.Name}")),
            JsonValueKind.Array when value[0].ValueKind == JsonValueKind.Object => Names(value[0], $"{name}:0"),
            _ => [name[1..]],
        };

    [GeneratedRegex(@"^--(listen|admin|ssh-listen)=.*:(?<port>\d+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Port();
}
