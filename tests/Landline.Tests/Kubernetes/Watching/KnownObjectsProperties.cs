using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Landline.Kubernetes.Watching;

namespace Landline.Tests.Kubernetes.Watching;

public sealed class KnownObjectsProperties
{
    /// <summary>
    /// A collection changes at random, and what is known is now told each change and now, after missing some, the whole:
    /// whoever follows the events has the collection each time.
    /// </summary>
    [Fact]
    public void The_events_always_add_up_to_the_collection()
    {
        Gen<(int Name, int Step)[]> steps = Gen.ArrayOf(
            Gen.Choose(0, 4).SelectMany(name => Gen.Choose(0, 6).Select(step => (name, step))));

        Prop.ForAll(steps.ToArbitrary(), all =>
        {
            var known = new KnownObjects<string>();
            var real = new Dictionary<string, (int Uid, int Version)>();
            var followed = new Dictionary<string, string>();
            bool missing = false;
            for (int version = 1; version <= all.Length; version++)
            {
                (int number, int step) = all[version - 1];
                string name = $"o{number}";
                bool existed = real.TryGetValue(name, out (int Uid, int Version) before);
                missing |= step == 6;
                if (step is 0 or 1)
                {
                    real.Remove(name);
                }
                else if (step is 2 or 3 or 4)
                {
                    real[name] = (existed ? before.Uid : version, version);
                }
                else if (step == 5)
                {
                    missing = false;
                    known.Replace([.. real.Select(entry => Item(entry.Key, entry.Value))], Convert).ForEach(Follow);
                    Assert.Equal(real.ToDictionary(entry => entry.Key, entry => $"{entry.Key} {entry.Value}"), followed);
                    continue;
                }

                if (!missing && (existed || real.ContainsKey(name)) && step != 6)
                {
                    string type = !real.ContainsKey(name) ? "DELETED" : existed ? "MODIFIED" : "ADDED";
                    if (known.Apply(new WatchLine(type, Item(name, real.GetValueOrDefault(name, (before.Uid, version)))), Convert) is { } change)
                    {
                        Follow(change);
                    }

                    Assert.Equal(real.ToDictionary(entry => entry.Key, entry => $"{entry.Key} {entry.Value}"), followed);
                }
            }

            void Follow(WatchEvent<string> change)
            {
                switch (change)
                {
                    case WatchEvent<string>.Added { Item: var item }:
                        followed.Add(item.Split(' ')[0], item);
                        break;
                    case WatchEvent<string>.Modified { Item: var item }:
                        Assert.True(followed.ContainsKey(item.Split(' ')[0]));
                        followed[item.Split(' ')[0]] = item;
                        break;
                    case WatchEvent<string>.Deleted { Item: var item }:
                        Assert.True(followed.Remove(item.Split(' ')[0]));
                        break;
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private static JsonElement Item(string name, (int Uid, int Version) state) => JsonDocument.Parse(
        $$$"""{"metadata": {"name": "{{{name}}}", "uid": "{{{state.Uid}}}", "resourceVersion": "{{{state.Version}}}"}}""").RootElement;

    private static string Convert(JsonElement item)
    {
        JsonElement metadata = item.GetProperty("metadata");
        return $"{metadata.GetProperty("name").GetString()} ({metadata.GetProperty("uid").GetString()}, {metadata.GetProperty("resourceVersion").GetString()})";
    }
}
