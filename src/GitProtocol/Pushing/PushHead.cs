using System.Runtime.InteropServices;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Pushing;

/// <summary>What stands before the pack of a push says of what follows it.</summary>
/// <param name="HasCommands">The client wants something; else it takes its leave.</param>
/// <param name="HasPack">A pack follows: only a push that but deletes has none.</param>
/// <param name="ObjectFormat">The format of the ids, and so of the pack's trailer.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PushHead(bool HasCommands, bool HasPack, ObjectFormat ObjectFormat);
