using System.Diagnostics.CodeAnalysis;
using System.Text;
using Waystation.CacheStore;
using Waystation.Primaries.Lfs;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// A client's command, split as a shell would split it, without a shell. Quotes and backslashes are understood. A command with anything
/// else that a shell acts on is refused.
/// </summary>
/// <param name="Service">The service, such as <c>git-upload-pack</c>; <c>git upload-pack</c> is the same.</param>
/// <param name="Path">The repository's path, as the client named it.</param>
/// <param name="Arguments">The words after the path.</param>
internal sealed record GitCommandLine(string Service, string Path, IReadOnlyList<string> Arguments)
{
    public const string UploadPack = "git-upload-pack";
    public const string ReceivePack = "git-receive-pack";
    public const string UploadArchive = "git-upload-archive";
    public const string LfsAuthenticate = LfsAuthenticateCall.Service;
    public const string LfsTransfer = "git-lfs-transfer";

    /// <summary>Far longer than any path. It bounds the length that is passed on.</summary>
    private const int MaxLength = 16 << 10;

    /// <summary>
    /// The services, and the number of words that may follow the path: an LFS operation and, in old versions, an object id.
    /// </summary>
    private static readonly Dictionary<string, int> s_services = new(StringComparer.Ordinal)
    {
        [UploadPack] = 0,
        [ReceivePack] = 0,
        [UploadArchive] = 0,
        [LfsAuthenticate] = 2,
        [LfsTransfer] = 1,
    };

    /// <summary>Parses a command; false for everything that is not one of Git's services for one repository.</summary>
    public static bool TryParse(string command, [NotNullWhen(true)] out GitCommandLine? line)
    {
        line = null;
        if (command.Length > MaxLength || !TrySplit(command, out List<string> words))
        {
            return false;
        }

        if (words is ["git", var verb, ..])
        {
            words.RemoveAt(0);
            words[0] = "git-" + verb;
        }

        if (
            words.Count < 2
            || !s_services.TryGetValue(words[0], out int most)
            || words.Count > most + 2
            || !IsPath(words[1])
            || !words.Skip(2).All(IsWord)
        )
        {
            return false;
        }

        line = new GitCommandLine(words[0], words[1], words[2..]);
        return true;
    }

    /// <summary>Whether the path is printable, and no program reads it as an option.</summary>
    private static bool IsPath(string path) => RepositoryPath.IsWellFormedOverSsh(path) && path[0] != '-';

    private static bool IsWord(string word) => word.Length > 0 && word[0] != '-' && word.All(char.IsAsciiLetterOrDigit);

    private static bool TrySplit(string text, out List<string> words)
    {
        words = [];
        var word = new StringBuilder();
        bool within = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            switch (c)
            {
                case ' ' or '\t':
                    if (within)
                    {
                        words.Add(word.ToString());
                        word.Clear();
                        within = false;
                    }

                    break;
                case '\'' or '"':
                    within = true;
                    int end = TakeQuoted(text, i, word);
                    if (end < 0)
                    {
                        return false;
                    }

                    i = end;
                    break;
                case '\\' when i + 1 < text.Length:
                    within = true;
                    word.Append(text[++i]);
                    break;
                case '\\' or '$' or '`' or ';' or '&' or '|' or '<' or '>' or '(' or ')' or '*' or '?' or '[' or '#' or '\n' or '\r':
                    return false;
                default:
                    within = true;
                    word.Append(c);
                    break;
            }
        }

        if (within)
        {
            words.Add(word.ToString());
        }

        return true;
    }

    /// <summary>The index of the closing quote; -1 if there is none, or if a shell would expand something.</summary>
    private static int TakeQuoted(string text, int start, StringBuilder word)
    {
        char quote = text[start];
        for (int i = start + 1; i < text.Length; i++)
        {
            char c = text[i];
            if (c == quote)
            {
                return i;
            }

            if (quote == '"')
            {
                if (c is '$' or '`')
                {
                    return -1;
                }

                if (c == '\\' && i + 1 < text.Length && (text[i + 1] is '"' or '\\' or '$' or '`'))
                {
                    c = text[++i];
                }
            }

            word.Append(c);
        }

        return -1;
    }
}
