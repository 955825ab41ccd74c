namespace Waystation.Ratios.Measures;

/// <summary>Several nodes against one.</summary>
internal static class Farm
{
    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        await FarmBytes.MeasureAsync(stage, samples, table);
        await FarmRate.MeasureAsync(stage, samples, table);
        await FarmHits.MeasureAsync(stage, samples, table);
        await FarmTickets.MeasureAsync(stage, samples, table);
    }
}
