namespace Waystation.Ratios.Measures;

/// <summary>A body as long as that of a large push, through the node and direct, to a script that takes its digest; and through nginx as a
/// plain proxy, which does as little as a proxy can.</summary>
internal static class ForwardedUpload
{
    private const int MiB = 200;
    private const int UploadsPerSample = 3;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        string file = stage.Folder["upload"];
        await WriteAsync(file);
        Samples ours = new(),
            theirs = new(),
            plain = new();
        for (int sample = -1; sample < samples; sample++)
        {
            List<double> byNode = [],
                byPrimary = [],
                byProxy = [];
            for (int i = 0; i < (stage.IsQuick ? 1 : UploadsPerSample); i++)
            {
                byNode.Add(await SendAsync(stage.Node.Url, file));
                byPrimary.Add(await SendAsync(stage.Primary.Url, file));
                byProxy.Add(await SendAsync(stage.Nginx.Proxy, file));
            }

            if (sample < 0)
            {
                continue;
            }

            ours.Add(Samples.MedianOf(byNode));
            theirs.Add(Samples.MedianOf(byPrimary));
            plain.Add(Samples.MedianOf(byProxy));
        }

        File.Delete(file);
        table.Add(
            new Row($"forwarded upload of {MiB} MiB, s")
            {
                Ours = ours.Say(),
                Rival = $"direct: {theirs.Say()}",
                Compared = ours.Over(theirs),
                Unit = "× the time",
                Bar = Bar.AtMost(1.05),
            }
        );
        table.Add(
            new Row("the same")
            {
                Ours = ours.Say(),
                Rival = $"nginx as a plain proxy: {plain.Say()}",
                Compared = ours.Over(plain),
                Unit = "× the time",
            }
        );
    }

    private static async Task<double> SendAsync(Uri server, string file) =>
        (
            await Curl.RunAsync(new Uri(server, "sink"), "/dev/null", "--request", "POST", "--header", "Expect:", "--upload-file", file)
        ).Seconds;

    private static async Task WriteAsync(string file)
    {
        var random = new Random(3);
        byte[] chunk = new byte[1 << 20];
        await using FileStream stream = File.Create(file);
        for (int i = 0; i < MiB; i++)
        {
            random.NextBytes(chunk);
            await stream.WriteAsync(chunk);
        }
    }
}
