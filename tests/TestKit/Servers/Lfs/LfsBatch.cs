using System.Globalization;
using System.Text.Json.Nodes;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The answers of the batch API.</summary>
internal sealed class LfsBatch(LfsPrimary primary, LfsGrants grants)
{
    public JsonObject Answer(string repository, JsonObject request)
    {
        LfsBehaviour behaviour = primary.Behaviour;
        string operation = (string?)request["operation"] ?? "";
        string transfer =
            request["transfers"] is JsonArray offered && offered.Any(name => (string?)name == behaviour.Transfer)
                ? behaviour.Transfer
                : "basic";
        var objects = new JsonArray();
        foreach (JsonNode? asked in (JsonArray)request["objects"]!)
        {
            objects.Add(ObjectAnswer(repository, operation, (string)asked!["oid"]!, (long)asked["size"]!));
        }

        var answer = new JsonObject
        {
            ["transfer"] = transfer,
            ["objects"] = objects,
            ["hash_algo"] = "sha256",
        };
        if (behaviour.HasUnknownFields)
        {
            answer["x_server"] = new JsonObject { ["region"] = "nörth", ["numbers"] = new JsonArray(1, 2.50m, null) };
        }

        return answer;
    }

    private JsonObject ObjectAnswer(string repository, string operation, string oid, long size)
    {
        LfsContent? content = primary.Objects.Find(repository, oid);
        var answer = new JsonObject { ["oid"] = oid, ["size"] = size };
        if (operation == "download")
        {
            if (content is null || content.Size != size)
            {
                answer["error"] = content is null
                    ? new JsonObject { ["code"] = 404, ["message"] = "Object does not exist" }
                    : new JsonObject { ["code"] = 422, ["message"] = "Object has another size" };
                return answer;
            }

            answer["actions"] = new JsonObject { ["download"] = Action(repository, oid, ObjectServer, "objects/" + oid) };
        }
        else if (content is null)
        {
            var actions = new JsonObject { ["upload"] = Action(repository, oid, ObjectServer, "objects/" + oid) };
            if (primary.Behaviour.Verifies)
            {
                actions["verify"] = Action(repository, oid, primary.ToldUrl, "verify");
            }

            answer["actions"] = actions;
        }

        if (primary.Behaviour.Signing != LfsSigning.Login)
        {
            answer["authenticated"] = true;
        }

        if (primary.Behaviour.HasUnknownFields)
        {
            answer["x_note"] = "kept for ever";
        }

        return answer;
    }

    private Uri ObjectServer => primary.Behaviour.Place == LfsPlace.StorageHost ? primary.StorageUrl : primary.ToldUrl;

    private JsonObject Action(string repository, string oid, Uri server, string path)
    {
        LfsBehaviour behaviour = primary.Behaviour;
        var href = new UriBuilder(Href(server, repository, path));
        var action = new JsonObject();
        string token = grants.Issue(repository, oid, behaviour.ExpiresIn);
        if (behaviour.Signing == LfsSigning.Query)
        {
            href.Query = $"{LfsGrants.Query}={token}";
        }
        else if (behaviour.Signing == LfsSigning.Header)
        {
            action["header"] = new JsonObject { [LfsGrants.Header] = token };
        }

        action["href"] = href.Uri.AbsoluteUri;
        if (behaviour.ExpiresIn is { } lifetime)
        {
            if (behaviour.SaysExpiresAt)
            {
                DateTimeOffset end = DateTimeOffset.UtcNow + lifetime;
                action["expires_at"] = end.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            }
            else
            {
                action["expires_in"] = (int)lifetime.TotalSeconds;
            }
        }

        if (behaviour.HasUnknownFields)
        {
            action["x_hint"] = new JsonObject { ["parts"] = 3 };
        }

        return action;
    }

    internal static Uri Href(Uri server, string repository, string path) => new(server, $"{repository}/info/lfs/{path}");
}
