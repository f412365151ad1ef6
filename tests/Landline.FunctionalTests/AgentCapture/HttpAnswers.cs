using System.Text;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>Answers every request of a connection with one word, such as who it is.</summary>
internal static class HttpAnswers
{
    public static Task ServeAsync(Stream connection, string who, CancellationToken cancellationToken) =>
        ServeAsync(connection, _ => who, cancellationToken);

    /// <param name="answer">From what came to the word.</param>
    public static async Task ServeAsync(Stream connection, Func<string, string> answer, CancellationToken cancellationToken)
    {
        await using (connection)
        {
            try
            {
                byte[] request = new byte[4096];
                while (await connection.ReadAsync(request, cancellationToken) is > 0 and var length)
                {
                    string word = answer(Encoding.ASCII.GetString(request, 0, length));
                    await connection.WriteAsync(
                        Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {word.Length}\r\n\r\n{word}"), cancellationToken);
                }
            }
            catch (IOException)
            {
                // The caller has gone.
            }
        }
    }
}
