namespace Landline.Networking.Namespaces;

/// <summary>
/// Which packets of a namespace a <see cref="PacketTap"/> sees: those that arrive for one of the ports, and of the
/// answers only the resets. A program for the kernel's packet filter (Documentation/networking/filter.rst), which looks
/// at each packet before it is copied:
/// <code>
/// M[0] = bytes behind the IP header      X = where they begin      A = their protocol
/// TCP:  to a port, with data or SYN, FIN or RST;   or leaving from a port, with RST
/// UDP:  to a port; or any later fragment, whose port is not known here
/// IPv6 with extension headers: taken, the receiver looks
/// </code>
/// </summary>
internal sealed class TapFilter
{
    /// <summary>A jump reaches 255 instructions; beyond this many ports the receiver has to look at each packet.</summary>
    public const int MostPorts = 200;

    private const ushort LoadWord = 0x20;
    private const ushort LoadHalf = 0x28;
    private const ushort LoadByte = 0x30;
    private const ushort LoadHalfAtX = 0x48;
    private const ushort LoadByteAtX = 0x50;
    private const ushort LoadMemory = 0x60;
    private const ushort LoadHeaderLengthToX = 0xb1;
    private const ushort LoadImmediateToX = 0x01;
    private const ushort LoadMemoryToX = 0x61;
    private const ushort Store = 0x02;
    private const ushort StoreX = 0x03;
    private const ushort SubtractX = 0x1c;
    private const ushort And = 0x54;
    private const ushort ShiftRight = 0x74;
    private const ushort MoveToX = 0x07;
    private const ushort Jump = 0x05;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort Return = 0x06;
    private const uint PacketType = 0xffff_f004;
    private const uint Mark = 0xffff_f014;
    private const uint ToUs = 0;
    private const uint Outgoing = 4;
    private const uint WholePacket = uint.MaxValue;

    private readonly List<(ushort Code, byte IfTrue, byte IfFalse, uint Operand)> _program = [];
    private readonly List<(int At, Action Target)> _jumps = [];
    private readonly Dictionary<Action, int> _blocks = [];
    private readonly PacketTapOptions _options;

    private TapFilter(PacketTapOptions options) => _options = options;

    /// <summary>Takes no packet.</summary>
    public static ulong[] Nothing { get; } = [Return];

    /// <returns>Instructions as the kernel has them, <c>struct sock_filter</c>: u16 code, u8 true, u8 false, u32 operand.</returns>
    public static ulong[] Build(PacketTapOptions options)
    {
        var filter = new TapFilter(options);
        foreach (Action block in (Action[])
            [filter.Begin, filter.V4, filter.V4Fragment, filter.V6, filter.Transport, filter.Tcp, filter.TcpPorts, filter.TcpAnswer, filter.Udp, filter.Take, filter.Drop])
        {
            filter._blocks[block] = filter._program.Count;
            block();
        }

        foreach ((int at, Action target) in filter._jumps)
        {
            filter._program[at] = filter._program[at] with { Operand = (uint)(filter._blocks[target] - at - 1) };
        }

        return [.. filter._program.Select(static one =>
            one.Code | ((ulong)one.IfTrue << 16) | ((ulong)one.IfFalse << 24) | ((ulong)one.Operand << 32))];
    }

    private void Begin()
    {
        if (_options.IgnoredMark != 0)
        {
            Add(LoadWord, Mark);
            GoIf(JumpIfEqual, _options.IgnoredMark, Drop);
        }

        Add(LoadByte, 0);
        Add(ShiftRight, 4);
        GoIf(JumpIfEqual, 4, V4);
        GoIf(JumpIfEqual, 6, V6);
        Go(Drop);
    }

    private void V4()
    {
        Add(LoadHalf, 6);
        GoIf(JumpIfAnyBit, 0x1fff, V4Fragment);
        Add(LoadHeaderLengthToX, 0);
        Add(LoadHalf, 2);
        Add(SubtractX, 0);
        Add(Store, 0);
        Add(LoadByte, 9);
        Go(Transport);
    }

    private void V4Fragment()
    {
        Add(LoadByte, 9);
        GoIf(JumpIfEqual, 17, _options.UdpPorts.Count > 0 ? Take : Drop);
        Go(Drop);
    }

    private void V6()
    {
        Add(LoadHalf, 4);
        Add(Store, 0);
        Add(LoadImmediateToX, 40);
        Add(LoadByte, 6);
        foreach (uint extension in (uint[])[0, 43, 44, 51, 60])
        {
            GoIf(JumpIfEqual, extension, Take);
        }

        Go(Transport);
    }

    private void Transport()
    {
        GoIf(JumpIfEqual, 6, Tcp);
        GoIf(JumpIfEqual, 17, Udp);
        Go(Drop);
    }

    private void Tcp()
    {
        Add(LoadWord, PacketType);
        GoIf(JumpIfEqual, Outgoing, TcpAnswer);
        GoUnless(JumpIfEqual, ToUs, Drop);
        Add(LoadByteAtX, 13);
        GoIf(JumpIfAnyBit, 0x07, TcpPorts);

        // What is left without its header: a segment that only acknowledges says nothing.
        Add(LoadByteAtX, 12);
        Add(And, 0xf0);
        Add(ShiftRight, 2);
        Add(StoreX, 1);
        Add(MoveToX, 0);
        Add(LoadMemory, 0);
        Add(SubtractX, 0);
        Add(LoadMemoryToX, 1);
        GoIf(JumpIfEqual, 0, Drop);
        Go(TcpPorts);
    }

    private void TcpPorts()
    {
        Add(LoadHalfAtX, 2);
        TakeIfOneOf(_options.TcpPorts);
    }

    private void TcpAnswer()
    {
        Add(LoadByteAtX, 13);
        GoUnless(JumpIfAnyBit, 0x04, Drop);
        Add(LoadHalfAtX, 0);
        TakeIfOneOf(_options.TcpPorts);
    }

    private void Udp()
    {
        Add(LoadWord, PacketType);
        GoUnless(JumpIfEqual, ToUs, Drop);
        Add(LoadHalfAtX, 2);
        TakeIfOneOf(_options.UdpPorts);
    }

    private void Take() => Add(Return, WholePacket);

    private void Drop() => Add(Return, 0);

    private void TakeIfOneOf(IReadOnlyList<ushort> ports)
    {
        if (ports.Count > MostPorts)
        {
            Go(Take);
            return;
        }

        for (int i = 0; i < ports.Count; i++)
        {
            // Over the rest of the ports and the jump that ends them.
            _program.Add((JumpIfEqual, (byte)(ports.Count - i), 0, ports[i]));
        }

        Go(Drop);
        Go(Take);
    }

    private void Add(ushort code, uint operand) => _program.Add((code, 0, 0, operand));

    private void Go(Action block)
    {
        _jumps.Add((_program.Count, block));
        Add(Jump, 0);
    }

    private void GoIf(ushort condition, uint operand, Action block)
    {
        _program.Add((condition, 0, 1, operand));
        Go(block);
    }

    private void GoUnless(ushort condition, uint operand, Action block)
    {
        _program.Add((condition, 1, 0, operand));
        Go(block);
    }
}
