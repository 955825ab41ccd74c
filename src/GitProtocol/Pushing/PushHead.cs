using System.Runtime.InteropServices;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Pushing;

/// <summary>The result of the lines before the pack of a push.</summary>
/// <param name="HasCommands">Whether there are commands; without them the client ends the conversation.</param>
/// <param name="HasPack">Whether a pack follows; a push that only deletes has none.</param>
/// <param name="ObjectFormat">The format of the ids, and so of the pack's trailer.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PushHead(bool HasCommands, bool HasPack, ObjectFormat ObjectFormat);
