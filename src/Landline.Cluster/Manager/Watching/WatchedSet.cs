using System.Collections.Concurrent;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Watching;

/// <summary>
/// What the API server has of one kind, as of a moment ago, reduced to what is needed of each object. One task runs it;
/// anybody may look. <see cref="Changed"/> is raised by that task, one change after the other.
/// </summary>
/// <param name="project">Null = the object does not matter.</param>
internal sealed class WatchedSet<TObject, TItem>(
    KubernetesClient client,
    ResourceType<TObject> type,
    Func<TObject, TItem?> project,
    TimeProvider timeProvider,
    ILogger logger)
    where TObject : class, IKubernetesObject
    where TItem : class
{
    /// <summary>After a refusal, such as a missing right: an administrator may repair it any time.</summary>
    private static readonly TimeSpan DelayAfterRefusal = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ObjectKey, TItem> _items = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it was and what it is; null = was not there, is gone.</summary>
    public event Action<ObjectKey, TItem?, TItem?>? Changed;

    /// <summary>Completes when everything that existed at one moment is known.</summary>
    public Task Synced => _synced.Task;

    public IEnumerable<KeyValuePair<ObjectKey, TItem>> Items => _items;

    public int Count => _items.Count;

    public TItem? Find(ObjectKey key) => _items.GetValueOrDefault(key);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool refused = false;
        while (true)
        {
            try
            {
                await FollowAsync(
                    () =>
                    {
                        if (refused)
                        {
                            WatchingLog.Recovered(logger, type.Plural);
                            refused = false;
                        }
                    },
                    cancellationToken);
            }
            catch (Exception e) when (KubernetesFailure.Is(e))
            {
                if (!refused)
                {
                    WatchingLog.Refused(logger, type.Plural, e.Message);
                    refused = true;
                }
            }

            await Task.Delay(DelayAfterRefusal, timeProvider, cancellationToken);
        }
    }

    private async Task FollowAsync(Action onSynced, CancellationToken cancellationToken)
    {
        // What is not reported until the first Synced has gone while nobody watched.
        HashSet<ObjectKey>? unseen = [.. _items.Keys];
        await foreach (WatchEvent<TObject> change in client.WatchAsync(type, null, Selector.All, cancellationToken))
        {
            switch (change)
            {
                case WatchEvent<TObject>.Added { Item: var item }:
                    unseen?.Remove(ObjectKey.Of(item));
                    Set(ObjectKey.Of(item), project(item));
                    break;
                case WatchEvent<TObject>.Modified { Item: var item }:
                    Set(ObjectKey.Of(item), project(item));
                    break;
                case WatchEvent<TObject>.Deleted { Item: var item }:
                    Set(ObjectKey.Of(item), null);
                    break;
                case WatchEvent<TObject>.Synced:
                    foreach (ObjectKey gone in unseen ?? [])
                    {
                        Set(gone, null);
                    }

                    unseen = null;
                    onSynced();
                    _synced.TrySetResult();
                    break;
            }
        }
    }

    private void Set(ObjectKey key, TItem? item)
    {
        TItem? before = _items.GetValueOrDefault(key);
        if (item is null)
        {
            _items.TryRemove(key, out _);
        }
        else
        {
            _items[key] = item;
        }

        if (before is not null || item is not null)
        {
            Changed?.Invoke(key, before, item);
        }
    }
}
