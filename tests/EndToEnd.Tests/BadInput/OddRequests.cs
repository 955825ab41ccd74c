using System.Globalization;
using System.Text;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>
/// Makes requests that two parsers may read as two requests: an honest one with something out of place. Each comes with the honest requests
/// that it may be taken for, so that a test can ask those afterwards.
/// </summary>
internal sealed class OddRequests(Random random, IReadOnlyList<string> tips)
{
    private static readonly string[] s_separators =
    [
        "\t",
        "\n",
        "\r",
        "\0",
        "\v",
        "\f",
        "\u0085",
        "\u00a0",
        "\u007f",
        "\u0001",
        "  ",
        " ",
        "=",
        ",",
        ";",
        "\0 ",
        "\t\t",
        "\r\n",
    ];

    private static readonly string[] s_words =
    [
        "include-tag",
        "deepen-relative",
        "thin-pack",
        "no-progress",
        "no-done",
        "multi_ack_detailed",
        "filter",
        "ofs-delta",
        "side-band",
        "agent=y",
        "object-format=sha1",
    ];

    private static readonly string[] s_numbers =
    [
        "1",
        "2",
        "01",
        "0x2",
        "+2",
        " 2",
        "2 ",
        "2\0",
        "2\t",
        "2\0 9",
        "-1",
        "0",
        "2147483648",
        "4294967297",
        "2\n",
    ];

    private static readonly string[] s_versions =
    [
        "version=0",
        "version=1",
        "version=2",
        "version=02",
        "version=+2",
        "version= 2",
        "version=3",
        "version=1:version=2",
        "version=2:version=1",
        "version=2,version=0",
        "x:version=2",
        "",
    ];

    /// <summary>A request, and the honest ones for which it may be taken.</summary>
    public (OddRequest Odd, IReadOnlyList<OddRequest> Twins) Make()
    {
        string tip = tips[random.Next(tips.Count)];
        Shape shape = new(
            tip,
            random.Next(3) == 0 ? 0 : random.Next(1, 4),
            random.Next(4) == 0,
            random.Next(3) == 0 ? tips[random.Next(tips.Count)] : null
        );
        OddRequest odd = random.Next(3) == 0 ? MakeV2(shape) : MakeV0(shape);
        OddRequest[] twins =
        [
            .. from tags in (bool[])[false, true]
            from depth in ((int[])[0, 1, 2, shape.Depth]).Distinct()
            where depth != 0 || random.Next(3) == 0
            select Honest(shape with { IncludeTag = tags, Depth = depth }, random.Next(2) * 2),
        ];
        return (odd, twins);
    }

    /// <summary>Requests as git's own client makes them.</summary>
    private static OddRequest Honest(Shape shape, int version)
    {
        if (version == 2)
        {
            string[] arguments =
            [
                .. shape.IncludeTag ? ["include-tag"] : Array.Empty<string>(),
                .. shape.Depth > 0 ? [$"deepen {shape.Depth}"] : Array.Empty<string>(),
            ];
            return new OddRequest(
                2,
                HeadV2("agent=git/2.39.5")
                    + string.Concat(new[] { "no-progress", "ofs-delta" }.Concat(arguments).Select(UploadPack.Line))
                    + UploadPack.Line($"want {shape.Want}\n")
                    + UploadPack.Line("done\n")
                    + "0000"
            );
        }

        string capabilities =
            "multi_ack_detailed no-done side-band-64k no-progress ofs-delta"
            + (shape.IncludeTag ? " include-tag" : "")
            + " agent=git/2.39.5";
        return new OddRequest(
            0,
            UploadPack.Line($"want {shape.Want} {capabilities}\n")
                + Boundary(shape.Depth.ToString(CultureInfo.InvariantCulture), shape.Depth > 0)
                + "0000"
                + UploadPack.Line("done\n")
        );
    }

    private static string HeadV2(params IEnumerable<string> capabilities) =>
        UploadPack.Line("command=fetch") + string.Concat(capabilities.Select(Raw)) + UploadPack.Line("object-format=sha1") + "0001";

    private static string Boundary(string depth, bool deepens) => deepens ? Raw($"deepen {depth}") : "";

    /// <summary>One character is one byte.</summary>
    private static string Raw(string text) => (text.Length + 4).ToString("x4", CultureInfo.InvariantCulture) + text;

    private OddRequest MakeV0(Shape shape)
    {
        List<string> words =
        [
            "multi_ack_detailed",
            "no-done",
            "side-band-64k",
            "no-progress",
            "ofs-delta",
            .. shape.IncludeTag ? ["include-tag"] : Array.Empty<string>(),
            "agent=x",
        ];
        string list = " " + string.Join(' ', words),
            want = shape.Want,
            second = "",
            depth = shape.Depth.ToString(CultureInfo.InvariantCulture),
            done = "done\n",
            end = "",
            first = "";
        bool deepens = shape.Depth > 0;
        string version = random.Next(4) == 0 ? Pick(s_versions) : "";
        string[] headers = [];
        switch (random.Next(14))
        {
            case 0 or 1 or 2 or 3:
                list += Pick(s_separators) + Pick(s_words);
                break;
            case 4:
                list += " session-id=z" + Pick(s_separators) + Pick(s_words) + Pick(s_separators) + Pick(s_words);
                break;
            case 5:
                list = list.Replace(" ofs-delta", Pick(s_separators) + "ofs-delta", StringComparison.Ordinal);
                break;
            case 6:
                list = list.Insert(random.Next(list.Length), Pick(s_separators));
                break;
            case 7:
                second = Raw($"want {tips[random.Next(tips.Count)]}{Pick([" ", "\t", "", "\0", "\n"])}{Pick(s_words)}\n");
                break;
            case 8:
                (deepens, depth) = (true, Pick(s_numbers));
                break;
            case 9:
                done = Pick(["done", "done\0", "done\0\n", "done ", "done\r\n", "DONE\n"]);
                break;
            case 10:
                end = Pick(["0000", "00000000", "0009done\n", "0001", Raw($"have {shape.Want}\n") + "0000"]);
                break;
            case 11:
                (first, list) = (
                    Raw("filter " + Pick(["blob:none", "blob:none\0", "tree:0", "combine:tree:1+blob:none", "blob:limit=010"])),
                    list + " filter"
                );
                if (random.Next(2) == 0)
                {
                    (first, second) = ("", first);
                }

                break;
            case 12:
                (want, list) = (want + Pick(["\t", "\0", "", "\n", " \0"]), list.TrimStart());
                break;
            default:
                headers =
                [
                    Pick([
                        "Git_Protocol: version=2",
                        "Content-Type: application/x-git-upload-pack-requests",
                        "Content_Encoding: gzip",
                        "Git-Protocol: version=1\r\nGit-Protocol: version=2",
                    ]),
                ];
                break;
        }

        string have = shape.Have is null ? "" : Raw($"have {shape.Have}{Pick(["\n", "\n", "\n", "", "\0", " x\n"])}");
        string body = first + Raw($"want {want}{list}\n") + second + Boundary(depth, deepens) + "0000" + have + Raw(done) + end;
        return new OddRequest(0, body)
        {
            VersionText = version,
            Headers = headers,
            Gzip = GzipOf(ref body) ? Members(body) : null,
        };
    }

    private OddRequest MakeV2(Shape shape)
    {
        string agent = "agent=git/2.39.5",
            depth = shape.Depth.ToString(CultureInfo.InvariantCulture);
        List<string> arguments = ["no-progress", "ofs-delta"];
        bool deepens = shape.Depth > 0;
        string want = shape.Want,
            done = "done\n";
        switch (random.Next(6))
        {
            case 0:
                agent += Pick(s_separators) + Pick(["server-option=x", "command=ls-refs", "object-format=sha256", "include-tag"]);
                break;
            case 1:
                arguments.Add(Pick(s_words) + Pick(s_separators) + Pick(s_words));
                break;
            case 2:
                (deepens, depth) = (true, Pick(s_numbers));
                break;
            case 3:
                want += Pick(s_separators) + Pick(["", "x", "include-tag"]);
                break;
            case 4:
                done = Pick(["done\0", "done\0x\n", "done\r\n", "done ", "\0done"]);
                break;
            default:
                arguments.Add(
                    Pick([
                        "include-tag\0",
                        "include-tag\0x",
                        "deepen-relative\0",
                        "filter blob:none\0",
                        "filter combine:blob%3anone+tree:1",
                        "thin-pack\n",
                    ])
                );
                break;
        }

        string body =
            HeadV2(agent) + string.Concat(arguments.Select(Raw)) + Boundary(depth, deepens) + Raw($"want {want}\n") + Raw(done) + "0000";
        return new OddRequest(2, body)
        {
            VersionText = random.Next(5) == 0 ? Pick(s_versions) : "version=2",
            Gzip = GzipOf(ref body) ? Members(body) : null,
        };
    }

    private bool GzipOf(ref string body) => random.Next(6) == 0 && body.Length > 0;

    /// <summary>The body in one member with something behind it, or cut into two members.</summary>
    private byte[] Members(string body)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(body);
        int cut = random.Next(bytes.Length);
        return random.Next(3) switch
        {
            0 => BadBodies.Gzip(bytes),
            1 => [.. BadBodies.Gzip(bytes[..cut]), .. BadBodies.Gzip(bytes[cut..])],
            _ => [.. BadBodies.Gzip(bytes), .. BadBodies.Gzip("0009done\n0000"u8.ToArray())],
        };
    }

    private string Pick(string[] from) => from[random.Next(from.Length)];

    private sealed record Shape(string Want, int Depth, bool IncludeTag, string? Have);
}

/// <summary>One request to upload-pack, one character a byte.</summary>
/// <param name="Version">The protocol version of the body's form.</param>
/// <param name="Body">The body, without its coding.</param>
internal sealed record OddRequest(int Version, string Body)
{
    /// <summary>The value of <c>Git-Protocol</c>; empty for no such field.</summary>
    public string VersionText { get; init; } = Version == 2 ? "version=2" : "";

    /// <summary>Further fields, or others for those that there are.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>The body as it goes out, coded; null for plain.</summary>
    public byte[]? Gzip { get; init; }

    /// <summary>All of it, as HTTP/1.1 has it.</summary>
    public byte[] ToBytes(string path)
    {
        byte[] body = Gzip ?? Encoding.Latin1.GetBytes(Body);
        List<string> headers = [.. Headers];
        if (VersionText.Length > 0 && !headers.Exists(static header => header.StartsWith("Git-Protocol", StringComparison.Ordinal)))
        {
            headers.Add("Git-Protocol: " + VersionText);
        }

        if (!headers.Exists(static header => header.StartsWith("Content-Type", StringComparison.Ordinal)))
        {
            headers.Add("Content-Type: " + UploadPack.RequestType);
        }

        if (Gzip is not null)
        {
            headers.Add("Content-Encoding: gzip");
        }

        return
        [
            .. Encoding.Latin1.GetBytes(
                $"POST /{path}/git-upload-pack HTTP/1.1\r\nHost: primary\r\n"
                    + $"{string.Concat(headers.Select(static header => header + "\r\n"))}"
                    + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n"
            ),
            .. body,
        ];
    }

    public override string ToString() =>
        $"{VersionText} {string.Join(", ", Headers)}{(Gzip is null ? "" : $" gzip of {Gzip.Length}")}: "
        + $"{Uri.EscapeDataString(Body).Replace("%20", " ", StringComparison.Ordinal)}";
}
