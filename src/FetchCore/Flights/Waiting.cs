namespace Waystation.FetchCore.Flights;

/// <summary>Waits for the work of others.</summary>
internal static class Waiting
{
    /// <summary>Waits for the end of a task, with any result; false if that takes too long.</summary>
    public static async Task<bool> EndsAsync(this Task task, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        await task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return task.IsCompleted;
    }
}
