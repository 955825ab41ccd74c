namespace Waystation.GitProtocol.Lfs;

/// <summary>One object of a batch answer, as far as a proxy needs it.</summary>
/// <param name="Object">The object.</param>
/// <param name="IsAuthenticated">Whether the URLs need no login beyond their own header fields.</param>
/// <param name="Download">The action <c>download</c>; null if there is none.</param>
/// <param name="Upload">The action <c>upload</c>; null if there is none, as for an object that the server has.</param>
/// <param name="Verify">The action <c>verify</c>, which follows an upload; null if there is none.</param>
public sealed record LfsBatchObject(LfsObject Object, bool IsAuthenticated, LfsAction? Download, LfsAction? Upload, LfsAction? Verify);
