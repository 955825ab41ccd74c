namespace Waystation.Farm.Announcements;

/// <summary>What an announcement is, by the number that its sender gave it.</summary>
internal enum NumberKind
{
    /// <summary>The next one.</summary>
    Next,

    /// <summary>One that was heard before.</summary>
    Again,

    /// <summary>One before it was lost.</summary>
    AfterGap,
}
