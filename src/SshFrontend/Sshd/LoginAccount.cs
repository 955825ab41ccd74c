using System.Runtime.InteropServices;

namespace Waystation.SshFrontend.Sshd;

/// <summary>The account that the node runs as, which is the login name of every user.</summary>
internal sealed partial record LoginAccount(string Name, bool IsRoot)
{
    private static readonly string[] s_noShells = ["nologin", "false"];

    /// <summary>The user id that this process acts as.</summary>
    public static uint OwnId => EffectiveUser();

    /// <summary>Finds the account, and checks for everything that would let sshd refuse all users.</summary>
    /// <exception cref="SshSetupException">Nobody could log in.</exception>
    public static async Task<LoginAccount> FindAsync(CancellationToken cancellationToken)
    {
        uint id = OwnId;
        ProgramResult found = await SmallProgram.RunAsync(
            "getent",
            ["passwd", id.ToString(System.Globalization.CultureInfo.InvariantCulture)],
            cancellationToken
        );
        if (found.ExitCode != 0 || found.Output.TrimEnd('\n').Split(':') is not [var name, _, _, _, _, _, var shell])
        {
            throw new SshSetupException($"the node runs as the user id {id}, which belongs to no account; sshd lets only accounts in");
        }

        string program = shell.Length > 0 ? shell : "/bin/sh";
        if (Array.Exists(s_noShells, no => Path.GetFileName(program) == no) || !File.Exists(program))
        {
            throw new SshSetupException(
                $"the account {name} has the shell {program}, with which sshd can start no command; "
                    + $"give it another (usermod --shell /bin/sh {name})"
            );
        }

        if (id == 0 && await IsLockedAsync(name, cancellationToken))
        {
            throw new SshSetupException(
                $"the account {name} is locked, and sshd lets no locked account in, with any key; "
                    + $"usermod --password '*' {name} unlocks it without a password"
            );
        }

        if (id != 0 && File.Exists("/etc/nologin"))
        {
            throw new SshSetupException("the file /etc/nologin exists, so sshd lets only root in; remove it");
        }

        return new LoginAccount(name, id == 0);
    }

    private static async Task<bool> IsLockedAsync(string name, CancellationToken cancellationToken)
    {
        ProgramResult shadow = await SmallProgram.RunAsync("getent", ["shadow", name], cancellationToken);
        return shadow.ExitCode == 0 && shadow.Output.Split(':') is [_, ['!', ..], ..];
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
