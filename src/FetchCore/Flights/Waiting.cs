namespace Waystation.FetchCore.Flights;

/// <summary>Waits for what others have begun.</summary>
internal static class Waiting
{
    /// <summary>Waits for the end of a task, whatever comes of it; false where that takes too long.</summary>
    public static async Task<bool> EndsAsync(this Task task, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        await task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return task.IsCompleted;
    }
}
