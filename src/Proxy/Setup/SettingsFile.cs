using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Waystation.Proxy.Setup;

/// <summary>
/// The text of a JSON file of settings, with its comments. A change touches the value alone: comments, order and all settings that nobody
/// asks for stay as the operator wrote them.
/// </summary>
/// <param name="text">The text; empty for a new file.</param>
internal sealed class SettingsFile(string text)
{
    private const string Indent = "  ";

    private static readonly JsonReaderOptions s_options = new() { CommentHandling = JsonCommentHandling.Allow, AllowTrailingCommas = true };

    private byte[] _bytes = Encoding.UTF8.GetBytes(string.IsNullOrWhiteSpace(text) ? "{\n}\n" : text);

    /// <summary>The text as it is now.</summary>
    public string Text => Encoding.UTF8.GetString(_bytes);

    /// <summary>Sets a setting.</summary>
    /// <param name="name">Its whole name, such as <c>Primaries:0:Url</c>.</param>
    /// <param name="value">Its value in JSON; <c>null</c> takes the setting back.</param>
    /// <param name="comment">A line above a setting that is new; null for none.</param>
    /// <exception cref="JsonException">The text is not the object that a file of settings is.</exception>
    public void Set(string name, string value, string? comment)
    {
        Place place = Find(name.Split(':'));
        if (place.Rest.Length == 0)
        {
            Replace(place.Start, place.End, value);
        }
        else if (value != "null")
        {
            Insert(place, value, comment);
        }
    }

    /// <summary>The JSON of a text, or of a list of texts.</summary>
    public static string JsonOf(string value, bool isList) =>
        isList
            ? "["
                + string.Join(", ", value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Quoted))
                + "]"
            : Quoted(value);

    private static string Quoted(string value) =>
        $"\"{JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private Place Find(string[] path)
    {
        var reader = new Utf8JsonReader(_bytes, s_options);
        Step(ref reader);
        return reader.TokenType == JsonTokenType.StartObject
            ? FindIn(ref reader, path, depth: 1)
            : throw new JsonException("the file is not an object of settings");
    }

    /// <summary>The reader stands at the beginning of an object or array.</summary>
    private static Place FindIn(ref Utf8JsonReader reader, string[] path, int depth)
    {
        bool isArray = reader.TokenType == JsonTokenType.StartArray;
        int last = (int)reader.BytesConsumed;
        int count = 0;
        for (Step(ref reader); reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray); Step(ref reader))
        {
            string[] key = isArray ? [count.ToString(CultureInfo.InvariantCulture)] : reader.GetString()!.Split(':');
            if (!isArray)
            {
                Step(ref reader);
            }

            if (
                key.Length <= path.Length
                && key.Zip(path).All(static pair => string.Equals(pair.First, pair.Second, StringComparison.OrdinalIgnoreCase))
            )
            {
                string[] rest = path[key.Length..];
                int start = (int)reader.TokenStartIndex;
                if (rest.Length > 0)
                {
                    return reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
                        ? FindIn(ref reader, rest, depth + 1)
                        : throw new JsonException($"{string.Join(':', path)} is in a value that has no members");
                }

                reader.Skip();
                return new Place(start, (int)reader.BytesConsumed, [], depth, IsEmpty: false, isArray);
            }

            reader.Skip();
            last = (int)reader.BytesConsumed;
            count++;
        }

        return new Place(last, (int)reader.TokenStartIndex, path, depth, count == 0, isArray);
    }

    private static void Step(ref Utf8JsonReader reader)
    {
        do
        {
            if (!reader.Read())
            {
                throw new JsonException("the file ends early");
            }
        } while (reader.TokenType == JsonTokenType.Comment);
    }

    /// <summary>Puts a member behind all others, and behind the comments that follow them.</summary>
    private void Insert(Place place, string value, string? comment)
    {
        string indent = string.Concat(Enumerable.Repeat(Indent, place.Depth));
        int end = place.End;
        while (end > place.Start && _bytes[end - 1] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            end--;
        }

        string added =
            $"\n{(comment is null ? "" : $"{indent}// {comment}\n")}{indent}{Member(place.Rest, value, place.Depth, place.IsArray)}";
        Replace(end, end, end == place.End ? $"{added}\n{indent[Indent.Length..]}" : added);
        if (!place.IsEmpty && !HasComma(place.Start))
        {
            Replace(place.Start, place.Start, ",");
        }
    }

    /// <summary>Whether a comma follows a value, perhaps behind comments.</summary>
    private bool HasComma(int at)
    {
        string rest = Encoding.UTF8.GetString(_bytes.AsSpan(at)).TrimStart();
        while (rest.StartsWith("//", StringComparison.Ordinal) || rest.StartsWith("/*", StringComparison.Ordinal))
        {
            string mark = rest[1] == '/' ? "\n" : "*/";
            rest = rest[(rest.IndexOf(mark, 2, StringComparison.Ordinal) + mark.Length)..].TrimStart();
        }

        return rest.StartsWith(',');
    }

    /// <summary>A member with all objects and arrays that it is in.</summary>
    private static string Member(string[] path, string value, int depth, bool isInArray)
    {
        string outer = string.Concat(Enumerable.Repeat(Indent, depth));
        string content =
            path.Length == 1 ? value
            : path[1] == "0" ? $"[\n{outer}{Indent}{Member(path[1..], value, depth + 1, isInArray: true)}\n{outer}]"
            : $"{{\n{outer}{Indent}{Member(path[1..], value, depth + 1, isInArray: false)}\n{outer}}}";
        return isInArray ? content : $"{Quoted(path[0])}: {content}";
    }

    private void Replace(int start, int end, string value)
    {
        _bytes = [.. _bytes.AsSpan(0, start), .. Encoding.UTF8.GetBytes(value), .. _bytes.AsSpan(end)];
    }

    /// <param name="Start">Where the value begins; of a setting that is not there, where the last value before it ends.</param>
    /// <param name="End">Where the value ends; of a setting that is not there, where the object ends.</param>
    /// <param name="Rest">The part of the name that is not there.</param>
    /// <param name="Depth">How many objects and arrays it is in.</param>
    /// <param name="IsEmpty">Whether the object has nothing yet.</param>
    /// <param name="IsArray">Whether it is in an array.</param>
    private sealed record Place(int Start, int End, string[] Rest, int Depth, bool IsEmpty, bool IsArray);
}
