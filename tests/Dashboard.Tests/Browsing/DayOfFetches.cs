using Waystation.Proxy.Dashboard.History;

namespace Waystation.Dashboard.Tests.Browsing;

/// <summary>The history of a node with a usual day: quiet nights, a busy morning, an outage of twelve minutes, a restart.</summary>
internal static class DayOfFetches
{
    private const int Seed = 5;

    /// <summary>Writes it as the node does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">The end of the day.</param>
    public static void Write(string path, DateTimeOffset now)
    {
        var random = new Random(Seed);
        HistoryFile file = HistoryFile.Open(path, path + ".tmp");
        long last = now.ToUnixTimeSeconds() / 60;
        for (long minute = last - HistoryFile.Slots + 2; minute < last - 1; minute++)
        {
            int ago = (int)(last - minute);
            if (ago is > 700 and < 720)
            {
                continue; // the node did not run
            }

            double hour = now.AddMinutes(-ago).TimeOfDay.TotalHours;
            double load = 1 + (9 * Math.Exp(-Math.Pow((hour - 10) / 3, 2))) + (6 * Math.Exp(-Math.Pow((hour - 15) / 2.5, 2)));
            bool isOut = ago is > 300 and < 313;
            long[] numbers = new long[HistorySlot.Places];
            long[] fetches =
            [
                Some(random, load * 3),
                Some(random, load * 0.8),
                Some(random, load * 0.9),
                0,
                isOut ? 0 : Some(random, load * 0.25),
                isOut ? 0 : Some(random, load * 0.15),
            ];
            for (int outcome = 0; outcome < fetches.Length; outcome++)
            {
                numbers[(int)HistoryMeasure.Fetches + outcome] = fetches[outcome];
                numbers[(int)HistoryMeasure.FetchBytes + outcome] = outcome == 5 ? 0 : fetches[outcome] * random.Next(2_000_000, 9_000_000);
            }

            numbers[(int)HistoryMeasure.LfsDownloads] = Some(random, load * 0.5);
            numbers[(int)HistoryMeasure.LfsBytes] = numbers[(int)HistoryMeasure.LfsDownloads] * 1_500_000;
            numbers[(int)HistoryMeasure.Upstream] = fetches.Sum() * 2;
            numbers[(int)HistoryMeasure.Outage] = isOut ? 1 : 0;
            file.Write(new HistoryMinute(minute, numbers));
        }
    }

    private static long Some(Random random, double mean) => (long)Math.Round(mean * random.NextDouble() * 2);
}
