namespace Landline.Daemon.Api;

/// <summary>The version of the program on the workstation.</summary>
public static class ProductVersion
{
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
