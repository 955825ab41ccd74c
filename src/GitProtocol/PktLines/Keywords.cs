namespace Waystation.GitProtocol.PktLines;

/// <summary>Every literal of the wire, once. A trailing space or = is part of it: the value follows.</summary>
public static class Keywords
{
    // Framing and versions.
    /// <summary><c>ERR </c></summary>
    public static ReadOnlySpan<byte> Err => "ERR "u8;

    /// <summary><c># service=</c></summary>
    public static ReadOnlySpan<byte> ServiceIs => "# service="u8;

    /// <summary><c># service=git-receive-pack</c></summary>
    public static ReadOnlySpan<byte> ServiceReceivePack => "# service=git-receive-pack"u8;

    /// <summary><c># service=git-upload-pack</c></summary>
    public static ReadOnlySpan<byte> ServiceUploadPack => "# service=git-upload-pack"u8;

    /// <summary><c>version 1</c></summary>
    public static ReadOnlySpan<byte> Version1 => "version 1"u8;

    /// <summary><c>version 2</c></summary>
    public static ReadOnlySpan<byte> Version2 => "version 2"u8;

    // Commands and capabilities, v2.
    /// <summary><c>command=</c></summary>
    public static ReadOnlySpan<byte> Command => "command="u8;

    /// <summary><c>ls-refs</c></summary>
    public static ReadOnlySpan<byte> LsRefs => "ls-refs"u8;

    /// <summary><c>fetch</c></summary>
    public static ReadOnlySpan<byte> Fetch => "fetch"u8;

    /// <summary><c>agent=</c></summary>
    public static ReadOnlySpan<byte> AgentIs => "agent="u8;

    /// <summary><c>session-id=</c></summary>
    public static ReadOnlySpan<byte> SessionIdIs => "session-id="u8;

    /// <summary><c>object-format=</c></summary>
    public static ReadOnlySpan<byte> ObjectFormatIs => "object-format="u8;

    /// <summary><c>server-option=</c></summary>
    public static ReadOnlySpan<byte> ServerOptionIs => "server-option="u8;

    // Ls-refs.
    /// <summary><c>peel</c></summary>
    public static ReadOnlySpan<byte> Peel => "peel"u8;

    /// <summary><c>symrefs</c></summary>
    public static ReadOnlySpan<byte> Symrefs => "symrefs"u8;

    /// <summary><c>unborn</c></summary>
    public static ReadOnlySpan<byte> Unborn => "unborn"u8;

    /// <summary><c>ref-prefix </c></summary>
    public static ReadOnlySpan<byte> RefPrefix => "ref-prefix "u8;

    /// <summary><c>unborn </c></summary>
    public static ReadOnlySpan<byte> UnbornTip => "unborn "u8;

    /// <summary><c>symref-target:</c></summary>
    public static ReadOnlySpan<byte> SymrefTarget => "symref-target:"u8;

    /// <summary><c>peeled:</c></summary>
    public static ReadOnlySpan<byte> Peeled => "peeled:"u8;

    // Fetch requests.
    /// <summary><c>want </c></summary>
    public static ReadOnlySpan<byte> Want => "want "u8;

    /// <summary><c>want-ref </c></summary>
    public static ReadOnlySpan<byte> WantRef => "want-ref "u8;

    /// <summary><c>have </c></summary>
    public static ReadOnlySpan<byte> Have => "have "u8;

    /// <summary><c>done</c></summary>
    public static ReadOnlySpan<byte> Done => "done"u8;

    /// <summary><c>shallow </c></summary>
    public static ReadOnlySpan<byte> Shallow => "shallow "u8;

    /// <summary><c>deepen </c></summary>
    public static ReadOnlySpan<byte> Deepen => "deepen "u8;

    /// <summary><c>deepen-since </c></summary>
    public static ReadOnlySpan<byte> DeepenSince => "deepen-since "u8;

    /// <summary><c>deepen-not </c></summary>
    public static ReadOnlySpan<byte> DeepenNot => "deepen-not "u8;

    /// <summary><c>deepen-relative</c></summary>
    public static ReadOnlySpan<byte> DeepenRelative => "deepen-relative"u8;

    /// <summary><c>filter </c></summary>
    public static ReadOnlySpan<byte> Filter => "filter "u8;

    /// <summary><c>thin-pack</c></summary>
    public static ReadOnlySpan<byte> ThinPack => "thin-pack"u8;

    /// <summary><c>ofs-delta</c></summary>
    public static ReadOnlySpan<byte> OfsDelta => "ofs-delta"u8;

    /// <summary><c>include-tag</c></summary>
    public static ReadOnlySpan<byte> IncludeTag => "include-tag"u8;

    /// <summary><c>no-progress</c></summary>
    public static ReadOnlySpan<byte> NoProgress => "no-progress"u8;

    /// <summary><c>wait-for-done</c></summary>
    public static ReadOnlySpan<byte> WaitForDone => "wait-for-done"u8;

    /// <summary><c>sideband-all</c></summary>
    public static ReadOnlySpan<byte> SidebandAll => "sideband-all"u8;

    /// <summary><c>packfile-uris </c></summary>
    public static ReadOnlySpan<byte> PackfileUrisArgument => "packfile-uris "u8;

    // Advertisements, v0 and v1; the capabilities are in CapabilityWords.
    /// <summary><c>capabilities^{}</c></summary>
    public static ReadOnlySpan<byte> NoRefs => "capabilities^{}"u8;

    /// <summary><c>^{}</c></summary>
    public static ReadOnlySpan<byte> PeeledSuffix => "^{}"u8;

    // Fetch responses.
    /// <summary><c>acknowledgments</c></summary>
    public static ReadOnlySpan<byte> Acknowledgments => "acknowledgments"u8;

    /// <summary><c>ACK </c></summary>
    public static ReadOnlySpan<byte> Ack => "ACK "u8;

    /// <summary><c>NAK</c></summary>
    public static ReadOnlySpan<byte> Nak => "NAK"u8;

    /// <summary><c>ready</c></summary>
    public static ReadOnlySpan<byte> Ready => "ready"u8;

    /// <summary><c>shallow-info</c></summary>
    public static ReadOnlySpan<byte> ShallowInfo => "shallow-info"u8;

    /// <summary><c>unshallow </c></summary>
    public static ReadOnlySpan<byte> Unshallow => "unshallow "u8;

    /// <summary><c>packfile</c></summary>
    public static ReadOnlySpan<byte> Packfile => "packfile"u8;

    /// <summary><c> common</c></summary>
    public static ReadOnlySpan<byte> AckCommon => " common"u8;

    /// <summary><c> continue</c></summary>
    public static ReadOnlySpan<byte> AckContinue => " continue"u8;

    /// <summary><c> ready</c></summary>
    public static ReadOnlySpan<byte> AckReady => " ready"u8;

    // Pushes and their reports.
    /// <summary><c>push-options</c></summary>
    public static ReadOnlySpan<byte> PushOptions => "push-options"u8;

    /// <summary><c>unpack </c></summary>
    public static ReadOnlySpan<byte> Unpack => "unpack "u8;

    /// <summary><c>ok</c></summary>
    public static ReadOnlySpan<byte> Ok => "ok"u8;

    /// <summary><c>ok </c></summary>
    public static ReadOnlySpan<byte> OkRef => "ok "u8;

    /// <summary><c>ng </c></summary>
    public static ReadOnlySpan<byte> NotGoodRef => "ng "u8;

    /// <summary><c>option </c></summary>
    public static ReadOnlySpan<byte> Option => "option "u8;

    /// <summary><c>refname </c></summary>
    public static ReadOnlySpan<byte> RefNameOption => "refname "u8;

    /// <summary><c>new-oid </c></summary>
    public static ReadOnlySpan<byte> NewIdOption => "new-oid "u8;
}
