using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.Namespaces;

/// <summary>
/// The one thread of this process that ever enters other network namespaces. All it does there is socket(2): a socket
/// belongs for ever to the namespace it was made in, so that binding, listening and connecting can happen anywhere.
/// Nothing else may run on it. A thread that .NET starts from inside another namespace would stay there, its socket
/// engine above all, and sockets meant for this machine would end up in a pod. So callers wait for the descriptor by
/// monitor, and no task is completed, queued or started here.
/// </summary>
internal sealed class NetworkNamespaceThread
{
    private static readonly Lazy<NetworkNamespaceThread> Instance = new(() => new NetworkNamespaceThread());
    private readonly object _gate = new();
    private readonly FileDescriptor _home;
    private readonly Queue<Request> _requests = [];

    private NetworkNamespaceThread()
    {
        _home = Libc.open("/proc/self/ns/net", Libc.O_CLOEXEC);
        if (_home.IsInvalid)
        {
            throw new NamespaceException("/proc/self/ns/net cannot be opened", Marshal.GetLastPInvokeError());
        }

        // Everything that runs on the thread is compiled now, in the namespace that is ours.
        Serve(new Request((int)_home.DangerousGetHandle(), Libc.AF_INET, Libc.SOCK_DGRAM, 0), close: true);
        new Thread(Run) { IsBackground = true, Name = "network namespaces" }.Start();
    }

    public static NetworkNamespaceThread Shared => Instance.Value;

    /// <summary>Takes some 20 microseconds, during which the caller blocks.</summary>
    /// <exception cref="NamespaceException">The kernel refused.</exception>
    public SafeSocketHandle OpenSocket(FileDescriptor networkNamespace, int domain, int type, int protocol)
    {
        bool held = false;
        networkNamespace.DangerousAddRef(ref held);
        try
        {
            var request = new Request((int)networkNamespace.DangerousGetHandle(), domain, type, protocol);
            lock (_gate)
            {
                _requests.Enqueue(request);
                Monitor.PulseAll(_gate);
                while (!request.IsDone)
                {
                    Monitor.Wait(_gate);
                }
            }

            return request.Descriptor >= 0
                ? new SafeSocketHandle(request.Descriptor, ownsHandle: true)
                : throw new NamespaceException(
                    $"{request.FailedCall} in a network namespace: {Marshal.GetPInvokeErrorMessage(request.Error)}", request.Error);
        }
        finally
        {
            networkNamespace.DangerousRelease();
        }
    }

    private void Run()
    {
        while (true)
        {
            Request request;
            lock (_gate)
            {
                while (!_requests.TryDequeue(out request!))
                {
                    Monitor.Wait(_gate);
                }
            }

            Serve(request, close: false);
            lock (_gate)
            {
                request.IsDone = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Serve(Request request, bool close)
    {
        if (Libc.setns(request.Namespace, Libc.CLONE_NEWNET) < 0)
        {
            request.Fail("setns");
            return;
        }

        request.Descriptor = Libc.socket(request.Domain, request.Type | Libc.SOCK_CLOEXEC, request.Protocol);
        if (request.Descriptor < 0)
        {
            request.Fail("socket");
        }

        if (close)
        {
            _ = Libc.close(request.Descriptor);
        }

        // A thread that cannot come home would make every later socket in the wrong place.
        if (Libc.setns((int)_home.DangerousGetHandle(), Libc.CLONE_NEWNET) < 0)
        {
            Environment.FailFast("A thread cannot return to its network namespace.");
        }
    }

    private sealed class Request(int @namespace, int domain, int type, int protocol)
    {
        public int Namespace => @namespace;

        public int Domain => domain;

        public int Type => type;

        public int Protocol => protocol;

        public int Descriptor { get; set; } = -1;

        public int Error { get; private set; }

        public string FailedCall { get; private set; } = string.Empty;

        public bool IsDone { get; set; }

        public void Fail(string call)
        {
            Error = Marshal.GetLastPInvokeError();
            FailedCall = call;
        }
    }
}
