namespace Landline.Protocol.Loops;

/// <summary>Something that a loop's thread is to go on with in its next round, after the others have had their turn.</summary>
internal interface ILoopWork
{
    /// <summary>On the loop's thread: never blocks, never throws.</summary>
    void Run();
}
