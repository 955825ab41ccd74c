using System.Globalization;
using System.Net;
using Waystation.Primaries;
using Waystation.Primaries.Ssh;

namespace Waystation.Proxy.Options.Reading;

/// <summary>The text form of the values of one type.</summary>
/// <param name="Noun">The accepted texts, as errors and the help name them; empty if any text is accepted.</param>
/// <param name="Example">An example behind it, if no range follows.</param>
/// <param name="Parse">Parses a text; null if it is not accepted.</param>
/// <param name="Format">Writes a value in the form that <paramref name="Parse"/> reads.</param>
internal sealed record SettingKind(string Noun, string Example, Func<string, object?> Parse, Func<object, string> Format)
{
    private static readonly Dictionary<Type, SettingKind> s_all = new()
    {
        [typeof(string)] = new("", "", static text => text.Length > 0 ? text : null, static value => (string)value),
        [typeof(bool)] = new(
            "true or false",
            "",
            static text => bool.TryParse(text, out bool value) ? value : null,
            static value => (bool)value ? "true" : "false"
        ),
        [typeof(int)] = new(
            "a number",
            "",
            static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null,
            static value => ((int)value).ToString(CultureInfo.InvariantCulture)
        ),
        [typeof(long)] = new(
            "a size",
            " such as 512MiB or 64GiB",
            static text => ByteSize.TryParse(text, out long value) ? value : null,
            static value => ByteSize.Exact((long)value)
        ),
        [typeof(TimeSpan)] = new(
            "a time as hh:mm:ss",
            "",
            static text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan value) ? value : null,
            static value => ((TimeSpan)value).ToString("c", CultureInfo.InvariantCulture)
        ),
        [typeof(Uri)] = new(
            "a URL",
            "",
            static text => Uri.TryCreate(text, UriKind.Absolute, out Uri? value) ? value : null,
            static value => value.ToString()!
        ),
        [typeof(ListenAddress)] = new(
            ListenAddress.Accepted,
            "",
            static text => ListenAddress.TryParse(text, out ListenAddress? value) ? value : null,
            static value => ((ListenAddress)value).UrlAt(((ListenAddress)value).EndPoint)
        ),
        [typeof(IPEndPoint)] = new(
            Endpoints.IpAccepted,
            "",
            static text => Endpoints.TryParseIp(text, out IPEndPoint? value) ? value : null,
            static value => value.ToString()!
        ),
        [typeof(IPNetwork)] = new(
            ClientNetworks.Accepted,
            "",
            static text => ClientNetworks.TryParse(text, out IPNetwork value) ? value : null,
            static value => value.ToString()!
        ),
        [typeof(DnsEndPoint)] = new(
            Endpoints.HostAccepted,
            "",
            static text => Endpoints.TryParseHost(text, out DnsEndPoint? value) ? value : null,
            static value => value.ToString()!
        ),
        [typeof(SshTarget)] = new(
            SshTarget.Accepted,
            "",
            static text => SshTarget.TryParse(text, out SshTarget? value) ? value : null,
            static value => value.ToString()!
        ),
    };

    /// <summary>The kind of a setting's values; of a list that of its items.</summary>
    public static SettingKind Of(Type type) => s_all.TryGetValue(type, out SettingKind? kind) ? kind : OfNames(type);

    /// <summary>A closed list of names, in any case.</summary>
    private static SettingKind OfNames(Type type)
    {
        string[] names = [.. Enum.GetNames(type).Select(static name => name.ToLowerInvariant())];
        return new SettingKind(
            $"{string.Join(", ", names[..^1])} or {names[^1]}",
            "",
            text => names.Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse(type, text, ignoreCase: true) : null,
            static value => value.ToString()!.ToLowerInvariant()
        );
    }
}
