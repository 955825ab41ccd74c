using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Fuzz.Git;

/// <summary>Messages of Git LFS. An answer that was changed and written must be read with the change, and without any other.</summary>
internal static class LfsMessages
{
    private const string Href = "https://node.example.test/.waystation/lfs/x";

    public static void Read(byte[] bytes)
    {
        Request(bytes);
        Response(bytes);
        Authentication(bytes);
        _ = LfsVerification.TryParse(bytes);
        if (LfsPointer.TryParse(bytes, out LfsObject pointed))
        {
            string text = Encoding.UTF8.GetString(bytes);
            FindingException.IfDifferent(
                true,
                text.EndsWith($"oid sha256:{pointed.Id}\nsize {pointed.Size}\n", StringComparison.Ordinal),
                text
            );
        }
    }

    private static void Request(byte[] bytes)
    {
        if (LfsBatchRequest.TryParse(bytes) is not { } asked)
        {
            return;
        }

        var again = new ArrayBufferWriter<byte>();
        LfsBatchAnswer.WriteRequest(again, asked.Objects);
        FindingException.IfDifferent(
            string.Join(',', asked.Objects),
            string.Join(',', LfsBatchRequest.TryParse(again.WrittenMemory)?.Objects ?? []),
            "the objects of a request"
        );
    }

    private static void Response(byte[] bytes)
    {
        using LfsBatchResponse? answer = LfsBatchResponse.TryParse(bytes);
        if (answer is null)
        {
            return;
        }

        var change = new LfsBatchChange
        {
            DownloadHref = Href,
            DownloadExpiresIn = TimeSpan.FromMinutes(10),
            DownloadExpiresAt = DateTimeOffset.UnixEpoch,
            UploadHref = Href,
            VerifyHref = Href,
        };
        var written = new ArrayBufferWriter<byte>();
        answer.Write(written, [.. answer.Objects.Select(one => one is null ? null : change)]);
        using LfsBatchResponse again =
            LfsBatchResponse.TryParse(written.WrittenMemory) ?? throw new FindingException("a changed answer is no answer");
        FindingException.IfDifferent(Changed(answer), Said(again), "an answer, and the same with other URLs");
    }

    private static string Changed(LfsBatchResponse answer) =>
        string.Join(
            '\n',
            answer.Objects.Select(static one =>
                one is null ? "" : $"{one.Object} {Is(one.Download is null)} {Is(one.Upload is null)} {Is(one.Verify is null)}"
            )
        );

    private static string Said(LfsBatchResponse answer) =>
        string.Join(
            '\n',
            answer.Objects.Select(static one =>
                one is null
                    ? ""
                    : $"{one.Object} {Is(one.Download?.Href != Href)} {Is(one.Upload?.Href != Href)} {Is(one.Verify?.Href != Href)}"
            )
        );

    private static string Is(bool isMissing) => isMissing ? "-" : "+";

    private static void Authentication(byte[] bytes)
    {
        LfsAction? action = LfsAuthentication.TryParse(bytes);
        byte[]? renamed = LfsAuthentication.Rename(bytes, static _ => Href);
        if (action is not null && renamed is not null)
        {
            FindingException.IfDifferent(Href, LfsAuthentication.TryParse(renamed)?.Href, "a renamed answer");
        }
    }
}
