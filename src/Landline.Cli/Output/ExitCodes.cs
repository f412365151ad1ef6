namespace Landline.Cli.Output;

/// <summary>What the program tells its caller; scripts depend on it.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int UserError = 1;
    public const int Usage = 2;
    public const int Defect = 70;       // EX_SOFTWARE of sysexits.h
    public const int Interrupted = 130; // 128 + SIGINT, as a shell reports it
}
