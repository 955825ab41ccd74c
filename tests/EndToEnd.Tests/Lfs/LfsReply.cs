using System.Text;
using System.Text.Json.Nodes;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>An answer, with as much of its body as came.</summary>
internal sealed record LfsReply(int Status, ILookup<string, string> Headers, byte[] Body, bool IsWhole)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? CacheStatus => Header("Cache-Status");

    public string? Header(string name) => Headers[name].FirstOrDefault();

    /// <summary>An action of an object in a batch answer.</summary>
    public JsonNode Action(int index, string name) => Json["objects"]![index]!["actions"]![name]!;

    /// <summary>Where a batch answer says that an object is.</summary>
    public Uri Href(int index, string action = "download") => new((string)Action(index, action)["href"]!);

    public override string ToString() => $"{Status} {(IsWhole ? "whole" : "broken off")} {CacheStatus}\n{(Body.Length < 4000 ? Text : "")}";
}
