using System.Text;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>Answers every request of a connection with one word: who it is.</summary>
internal static class HttpAnswers
{
    public static async Task ServeAsync(Stream connection, string who, CancellationToken cancellationToken)
    {
        byte[] answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {who.Length}\r\n\r\n{who}");
        await using (connection)
        {
            try
            {
                byte[] request = new byte[4096];
                while (await connection.ReadAsync(request, cancellationToken) > 0)
                {
                    await connection.WriteAsync(answer, cancellationToken);
                }
            }
            catch (IOException)
            {
                // The caller has gone.
            }
        }
    }
}
