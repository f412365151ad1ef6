using FsCheck;
using FsCheck.Fluent;

namespace Landline.Tests.Protocol.Sessions;

public sealed class SessionProperties
{
    /// <summary>
    /// Streams are opened, written, half-closed, reset and read slowly while the link delays, splits and breaks at any
    /// byte and while acknowledgements are lost with it.
    /// </summary>
    [Fact]
    public void Whatever_happens_to_the_link_each_stream_arrives_exactly_or_ends_with_a_reason() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(400),
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue - 1).ArrayOf(), Shorter), operations =>
        {
            var model = new SessionModel();
            foreach (int operation in operations)
            {
                model.Step(operation);
            }

            model.Settle();
        }));

    private static IEnumerable<int[]> Shorter(int[] operations)
    {
        for (int chunk = operations.Length / 2; chunk > 0; chunk /= 2)
        {
            for (int start = 0; start + chunk <= operations.Length; start += chunk)
            {
                yield return [.. operations[..start], .. operations[(start + chunk)..]];
            }
        }
    }
}
