namespace Waystation.Proxy.Admin;

/// <summary>
/// Says in the description of an endpoint which JSON its requests carry. The endpoint reads it itself, to refuse other text with a detail
/// of its own.
/// </summary>
/// <param name="Type">The type of the body.</param>
internal sealed record TakesBody(Type Type);
