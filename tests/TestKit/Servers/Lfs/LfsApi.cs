using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The LFS URLs of a primary and of its storage: who may, then what is done.</summary>
internal sealed partial class LfsApi(LfsPrimary primary, GitPassage git)
{
    private readonly LfsGrants _grants = new();
    private readonly LfsLocks _locks = new();

    public async Task HandleAsync(HttpContext context, bool isAtStorage)
    {
        string path = context.Request.Path.Value!;
        Match lfs = LfsPath().Match(path);
        string rest = lfs.Groups["rest"].Value;
        LfsRequestKind kind = KindOf(context.Request.Method, path, rest, lfs.Success);
        var request = new LfsRequest(
            kind,
            path + context.Request.QueryString.Value,
            isAtStorage,
            context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString())
        )
        {
            Repository = lfs.Groups["repository"].Value,
            Oid = rest.StartsWith("objects/", StringComparison.Ordinal) ? rest["objects/".Length..] : "",
        };
        primary.Requests.Add(request);
        context.Response.OnStarting(() =>
        {
            request.Status = context.Response.StatusCode;
            return Task.CompletedTask;
        });
        LfsFault fault = primary.Faults.Take(request);
        if (fault.Kind == LfsFaultKind.Status)
        {
            if (fault.RetryAfter is not null)
            {
                context.Response.Headers.RetryAfter = fault.RetryAfter;
            }

            await LfsAnswers.ErrorAsync(context, fault.Status, $"The primary says {fault.Status} on command");
            return;
        }

        await (
            kind switch
            {
                LfsRequestKind.Git => git.PassAsync(context),
                LfsRequestKind.Authenticate => AuthenticateAsync(context),
                LfsRequestKind.Batch => BatchAsync(context, request),
                LfsRequestKind.Locks => LocksAsync(context, request, rest),
                LfsRequestKind.Verify => VerifyAsync(context, request),
                _ => TransferAsync(context, request, fault),
            }
        );
    }

    private static LfsRequestKind KindOf(string method, string path, string rest, bool isLfs) =>
        (isLfs, rest, method) switch
        {
            (false, _, _) => path == LfsPrimary.AuthenticatePath ? LfsRequestKind.Authenticate : LfsRequestKind.Git,
            (_, "objects/batch", _) => LfsRequestKind.Batch,
            (_, "verify", _) => LfsRequestKind.Verify,
            (_, "locks", _) => LfsRequestKind.Locks,
            _ when rest.StartsWith("locks/", StringComparison.Ordinal) => LfsRequestKind.Locks,
            (_, _, "PUT") => LfsRequestKind.Put,
            (_, _, "HEAD") => LfsRequestKind.Head,
            _ => LfsRequestKind.Get,
        };

    /// <summary>The answer of <c>git-lfs-authenticate</c>, which the command of the SSH server asks for.</summary>
    private async Task AuthenticateAsync(HttpContext context)
    {
        string user = context.Request.Query["user"]!;
        string repository = context.Request.Query["path"].ToString().Trim('/');
        repository = repository.EndsWith(".git", StringComparison.Ordinal) ? repository : repository + ".git";
        bool isUpload = context.Request.Query["operation"] == "upload";
        if (primary.Users.RightOf(user, repository).Right < (isUpload ? LfsRight.Write : LfsRight.Read))
        {
            await LfsAnswers.ErrorAsync(context, 403, "You are not allowed to do this.");
            return;
        }

        var answer = new JsonObject
        {
            ["href"] = LfsBatch.Href(primary.ToldUrl, repository, "").AbsoluteUri.TrimEnd('/'),
            ["header"] = new JsonObject { ["Authorization"] = "RemoteAuth " + primary.Users.NewToken(user) },
            ["expires_in"] = 3600,
        };
        await LfsAnswers.JsonAsync(context, answer);
    }

    private async Task BatchAsync(HttpContext context, LfsRequest request)
    {
        using var reader = new StreamReader(context.Request.Body);
        request.Body = await reader.ReadToEndAsync();
        JsonObject asked = JsonNode.Parse(request.Body)!.AsObject();
        LfsRight needed = (string?)asked["operation"] == "upload" ? LfsRight.Write : LfsRight.Read;
        if (await MayAsync(context, request, needed))
        {
            await LfsAnswers.JsonAsync(context, new LfsBatch(primary, _grants).Answer(request.Repository, asked));
        }
    }

    private async Task TransferAsync(HttpContext context, LfsRequest request, LfsFault fault)
    {
        string? token = (string?)context.Request.Query[LfsGrants.Query] ?? context.Request.Headers[LfsGrants.Header];
        if (!_grants.Allows(token, request.Repository, request.Oid))
        {
            if (request.IsAtStorage || token is not null)
            {
                await LfsAnswers.ErrorAsync(context, 403, "The URL is not signed, or no longer valid");
                return;
            }

            if (!await MayAsync(context, request, request.Kind == LfsRequestKind.Put ? LfsRight.Write : LfsRight.Read))
            {
                return;
            }
        }

        var transfers = new LfsTransfers(primary, _grants);
        await (
            request.Kind == LfsRequestKind.Put
                ? transfers.ReceiveAsync(context, request, fault)
                : transfers.SendAsync(context, request, fault)
        );
    }

    private async Task VerifyAsync(HttpContext context, LfsRequest request)
    {
        JsonObject asked = await ReadAsync(context);
        request.Oid = (string)asked["oid"]!;
        if (
            !_grants.Allows(context.Request.Query[LfsGrants.Query], request.Repository, request.Oid)
            && !_grants.Allows(context.Request.Headers[LfsGrants.Header], request.Repository, request.Oid)
            && !await MayAsync(context, request, LfsRight.Write)
        )
        {
            return;
        }

        bool isThere = primary.Objects.Verify(request.Repository, request.Oid, (long)asked["size"]!);
        await (isThere ? LfsAnswers.JsonAsync(context, new JsonObject()) : LfsAnswers.ErrorAsync(context, 404, "Object does not exist"));
    }

    private async Task LocksAsync(HttpContext context, LfsRequest request, string rest)
    {
        if (!primary.Behaviour.HasLocks)
        {
            await LfsAnswers.ErrorAsync(context, 404, "Not found");
            return;
        }

        bool lists = context.Request.Method == "GET";
        if (!await MayAsync(context, request, lists ? LfsRight.Read : LfsRight.Write))
        {
            return;
        }

        primary.Users.TryRead(context.Request.Headers.Authorization, out string? user);
        IQueryCollection query = context.Request.Query;
        JsonObject asked = lists ? [] : await ReadAsync(context);
        (int status, JsonObject answer) = rest switch
        {
            "locks" when lists => (
                200,
                _locks.List(request.Repository, query["path"], query["id"], query["cursor"], Number(query["limit"]))
            ),
            "locks" => _locks.Create(request.Repository, user!, (string)asked["path"]!),
            "locks/verify" => (200, _locks.Verify(request.Repository, user!, (string?)asked["cursor"], (int?)asked["limit"])),
            _ => _locks.Delete(request.Repository, user!, rest.Split('/')[1], (bool?)asked["force"] ?? false),
        };
        await LfsAnswers.JsonAsync(context, answer, status);
    }

    /// <summary>False when the request has been refused.</summary>
    private async Task<bool> MayAsync(HttpContext context, LfsRequest request, LfsRight needed)
    {
        if (!primary.Users.TryRead(context.Request.Headers.Authorization, out string? user))
        {
            await LfsAnswers.ErrorAsync(context, 401, "Credentials needed");
            return false;
        }

        (LfsRight right, int refusal) = primary.Users.RightOf(user, request.Repository);
        if (right >= needed)
        {
            return true;
        }

        string message = refusal switch
        {
            401 => "Credentials needed",
            404 => "Not found",
            _ => $"You must have {(needed == LfsRight.Write ? "push" : "pull")} access",
        };
        await LfsAnswers.ErrorAsync(context, refusal, message);
        return false;
    }

    private static async Task<JsonObject> ReadAsync(HttpContext context) =>
        (await JsonNode.ParseAsync(context.Request.Body))?.AsObject() ?? throw new JsonException("the body is no object");

    private static int? Number(string? text) => text is { Length: > 0 } ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex("^/(?<repository>.+?)/info/lfs/(?<rest>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex LfsPath();
}
