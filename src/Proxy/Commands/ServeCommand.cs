using System.CommandLine;
using Waystation.CacheStore.Disk;
using Waystation.Proxy.Hosting;
using Waystation.Proxy.Options.Reading;
using Waystation.SshFrontend.Sshd;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation serve</c>: makes settings of options, environment and file, and runs a node until it is stopped.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Starts a node in front of a primary Git server.");
        var settings = new SettingOptions(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(settings, parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(SettingOptions settings, ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            IConfigurationRoot configuration = settings.Read(parsed, isFollowed: true);
            await Node.RunAsync(OptionsReader.Read(configuration), configuration, NodeVerbs.MapPages, cancellationToken);
            return 0;
        }
        catch (SettingsException e)
        {
            return await WrongAsync(e.Problems);
        }
        catch (DataFolderException e)
        {
            return await WrongAsync([$"Data = \"{e.Folder}\": the folder {e.Message}"]);
        }
        catch (SshSetupException e)
        {
            await Console.Error.WriteLineAsync($"waystation: SSH: {e.Message}");
            return 1;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"waystation: {e.Message}");
            return 1;
        }
    }

    /// <summary>Says what is wrong with the settings, a line each; returns the exit code.</summary>
    public static async Task<int> WrongAsync(IReadOnlyList<string> problems)
    {
        foreach (string problem in problems)
        {
            await Console.Error.WriteLineAsync($"waystation: {problem}");
        }

        return 2;
    }
}
