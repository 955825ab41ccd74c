namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>Something that an operator should look at.</summary>
/// <param name="Kind"><c>warn</c> or <c>bad</c>.</param>
/// <param name="Word">The trouble in a word or two.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="Page">The page that shows more.</param>
internal sealed record AttentionItem(string Kind, string Word, string Text, string Page);
