using System.Buffers.Binary;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>A span of an <c>ExportTraceServiceRequest</c> (opentelemetry-proto, trace/v1/trace.proto).</summary>
/// <param name="Trace">The id of the trace, in hexadecimal digits.</param>
/// <param name="Id">Its own id.</param>
/// <param name="Parent">The id of its parent; empty if it has none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Attributes">Its attributes that are texts or whole numbers.</param>
public sealed record OtlpSpan(string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>The value of an attribute; null if there is none.</summary>
    public string? this[string attribute] => Attributes.GetValueOrDefault(attribute);

    internal static IEnumerable<OtlpSpan> AllIn(byte[] request) =>
        from resource in Fields(request)
        where resource.Number == 1
        from scope in Fields(resource.Bytes)
        where scope.Number == 2
        from span in Fields(scope.Bytes)
        where span.Number == 2
        select Of(Fields(span.Bytes).ToList());

    private static OtlpSpan Of(List<(int Number, long Value, byte[] Bytes)> fields)
    {
        var attributes = new Dictionary<string, string>();
        foreach ((_, _, byte[] attribute) in fields.Where(static field => field.Number == 9))
        {
            List<(int Number, long Value, byte[] Bytes)> pair = [.. Fields(attribute)];
            (int kind, long number, byte[] text) = Fields(pair.First(static field => field.Number == 2).Bytes).First();
            attributes[Text(pair.First(static field => field.Number == 1).Bytes)] = kind == 1 ? Text(text) : $"{number}";
        }

        return new OtlpSpan(Hex(1), Hex(2), Hex(4), Text(Bytes(5)), attributes);

        byte[] Bytes(int number) => fields.FirstOrDefault(field => field.Number == number).Bytes ?? [];
        string Hex(int number) => Convert.ToHexStringLower(Bytes(number));
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>The fields of a message, by the wire format of Protocol Buffers.</summary>
    private static IEnumerable<(int Number, long Value, byte[] Bytes)> Fields(byte[] message)
    {
        int at = 0;
        while (at < message.Length)
        {
            long key = Varint();
            int number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return (number, Varint(), []);
                    break;
                case 1:
                    yield return (number, BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(at)), []);
                    at += sizeof(long);
                    break;
                case 2:
                    int length = (int)Varint();
                    yield return (number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                default:
                    yield return (number, BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(at)), []);
                    at += sizeof(int);
                    break;
            }
        }

        long Varint()
        {
            long value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = message[at++];
                value |= (long)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
