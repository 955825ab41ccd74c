namespace Waystation.Proxy.Setup;

/// <summary>Asks the operator.</summary>
internal interface IQuestions
{
    /// <summary>Whether there is somebody to ask.</summary>
    bool IsAnswered { get; }

    /// <summary>An answer in a line; the default if none is given, and null for <c>-</c>, which means none.</summary>
    string? Ask(string question, string? usual);

    /// <summary>A secret, which is not shown; null if none is given.</summary>
    string? AskSecret(string question);

    /// <summary>Yes or no.</summary>
    bool Confirm(string question, bool usual);
}
