namespace Waystation.Proxy.Setup;

/// <summary>For scripts: what the options do not say stays as it is, or has its default.</summary>
/// <param name="secret">The secret from standard input; null if there is none.</param>
internal sealed class NoQuestions(string? secret) : IQuestions
{
    public bool IsAnswered => false;

    public string? Ask(string question, string? usual) => usual;

    public string? AskSecret(string question) => secret;

    public bool Confirm(string question, bool usual) => usual;
}
