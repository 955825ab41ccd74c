using System.Text;
using Microsoft.Extensions.Configuration;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Fuzz.Http;

/// <summary>
/// Files of settings: they are read, or refused in words. The input is the JSON of a file, or lines <c>Name=value</c>.
/// </summary>
internal static class SettingsFiles
{
    public static void Read(byte[] bytes)
    {
        IConfigurationRoot? configuration = bytes is [(byte)'{', ..] ? OfJson(bytes) : OfLines(bytes);
        if (configuration is null)
        {
            return;
        }

        using (configuration as IDisposable)
        {
            try
            {
                _ = OptionsReader.Read(configuration);
            }
            catch (SettingsException e)
            {
                FindingException.IfDifferent(true, e.Message.Length > 0, "words");
            }
        }
    }

    private static IConfigurationRoot? OfJson(byte[] bytes)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonStream(new MemoryStream(bytes)).Build();
        }
        catch (Exception e) when (e is FormatException or System.Text.Json.JsonException or InvalidOperationException)
        {
            // A file, unlike a stream, makes one InvalidDataException of these, and `serve` says it in words.
            return null;
        }
    }

    private static IConfigurationRoot OfLines(byte[] bytes) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                Encoding
                    .UTF8.GetString(bytes)
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(static line => line.Split('=', 2))
                    .Where(static parts => parts is [{ Length: > 0 }, _])
                    .DistinctBy(static parts => parts[0], StringComparer.OrdinalIgnoreCase)
                    .Select(static parts => new KeyValuePair<string, string?>(parts[0], parts[1]))
            )
            .Build();
}
