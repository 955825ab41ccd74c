using System.Collections.Concurrent;
using System.Text;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>
/// The users of an LFS primary: those of <see cref="ApachePrimary"/>, with the same rights. A test takes rights away and gives others
/// while the primary runs.
/// </summary>
public sealed class LfsUsers
{
    private static readonly string[] s_all = ["alice", "bob", "mallory"];

    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private readonly ConcurrentDictionary<string, bool> _revoked = new();
    private readonly ConcurrentDictionary<(string User, string Repository), (LfsRight Right, int Refusal)> _exceptions = new();

    /// <summary>Gives a user this right, and no more, until the result is disposed.</summary>
    /// <param name="user">The user.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="right">The right.</param>
    /// <param name="refusal">The status of requests that need a greater one.</param>
    public IDisposable Limit(string user, PrimaryRepository repository, LfsRight right, int refusal = 403)
    {
        _exceptions[(user, repository.Name)] = (right, refusal);
        return new Undo(() => _exceptions.TryRemove((user, repository.Name), out _));
    }

    /// <summary>Refuses a user's password and tokens until the result is disposed.</summary>
    public IDisposable Revoke(string user)
    {
        _revoked[user] = true;
        return new Undo(() => _revoked.TryRemove(user, out _));
    }

    /// <summary>A token as <c>git-lfs-authenticate</c> hands it out.</summary>
    public string NewToken(string user)
    {
        string token = Guid.NewGuid().ToString("n");
        _tokens[token] = user;
        return token;
    }

    /// <summary>The user that a header names; null for nobody. False for a wrong login.</summary>
    internal bool TryRead(string? authorization, out string? user)
    {
        user = null;
        if (authorization is null)
        {
            return true;
        }

        if (authorization.StartsWith("RemoteAuth ", StringComparison.Ordinal))
        {
            user = _tokens.GetValueOrDefault(authorization["RemoteAuth ".Length..]);
        }
        else if (authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            string[] login = Encoding.UTF8.GetString(Convert.FromBase64String(authorization["Basic ".Length..])).Split(':', 2);
            user = s_all.Contains(login[0]) && login[1] == login[0] + ApachePrimary.PasswordSuffix ? login[0] : null;
        }

        return user is not null && !_revoked.ContainsKey(user);
    }

    /// <summary>The right of a user, and the status of requests that need a greater one.</summary>
    internal (LfsRight Right, int Refusal) RightOf(string? user, string repository)
    {
        if (user is not null && _exceptions.TryGetValue((user, repository), out (LfsRight, int) exception))
        {
            return exception;
        }

        bool isPublic = repository.StartsWith("public/", StringComparison.Ordinal);
        return user switch
        {
            "alice" => (LfsRight.Write, 403),
            "bob" => (LfsRight.Read, 403),
            "mallory" => (isPublic ? LfsRight.Read : LfsRight.None, 403),
            _ => (isPublic ? LfsRight.Read : LfsRight.None, 401),
        };
    }

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}

public enum LfsRight
{
    None,
    Read,
    Write,
}
