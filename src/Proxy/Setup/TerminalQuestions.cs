using System.Text;

namespace Waystation.Proxy.Setup;

/// <summary>Asks at the terminal.</summary>
internal sealed class TerminalQuestions : IQuestions
{
    public bool IsAnswered => true;

    public string? Ask(string question, string? usual)
    {
        Console.Out.Write($"{question} [{usual ?? "-"}]: ");
        string answer = (Console.In.ReadLine() ?? "").Trim();
        return answer switch
        {
            "" => usual,
            "-" => null,
            _ => answer,
        };
    }

    public string? AskSecret(string question)
    {
        Console.Out.Write($"{question} (it is not shown; empty keeps what is there): ");
        var secret = new StringBuilder();
        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                secret.Length = Math.Max(0, secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.Append(key.KeyChar);
            }
        }

        Console.Out.WriteLine();
        return secret.Length == 0 ? null : secret.ToString();
    }

    public bool Confirm(string question, bool usual)
    {
        string? answer = Ask($"{question} (yes, no)", usual ? "yes" : "no");
        return answer is ['y' or 'Y', ..];
    }
}
