"""Talking to QEMU: QMP, its monitor in JSON, and the stub that GDB would talk to."""
import json
import os
import re
import select
import socket
from typing import IO, Any, Dict, List, Optional

from ringstep.machine.qemu_log import parse_registers
from ringstep.machine.record import Live, MachineError, Registers

SILENCE = 60            # seconds without an answer of QEMU's own
PATIENCE = 20           # seconds in which a processor that is not halted for good does something


class Stuck(Exception):
    """GDB's stub does not answer: a step onto a `hlt` that nothing ends."""


def send(channel: socket.socket, data: bytes) -> None:
    try:
        channel.sendall(data)
    except OSError:
        raise EOFError from None            # QEMU has ended


def receive(channel: socket.socket) -> bytes:
    try:
        data = channel.recv(65536)
    except ConnectionError:
        data = b""
    if not data:
        raise EOFError
    return data


class Stub:
    """GDB's remote protocol, as far as breakpoints need it."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel, self.unread = channel, b""

    def send(self, packet: str) -> None:
        """The answer comes from reply()."""
        send(self.channel, b"$%s#%02x" % (packet.encode(), sum(packet.encode()) % 256))

    def read(self) -> None:
        self.unread += receive(self.channel)

    def reply(self) -> str:
        while True:
            match = re.search(rb"\$([^#]*)#..", self.unread)
            if match:
                self.unread = self.unread[match.end():]
                send(self.channel, b"+")
                return match[1].decode()
            if not select.select([self.channel], [], [], PATIENCE)[0]:
                raise Stuck
            self.read()

    def exchange(self, packet: str) -> str:
        self.send(packet)
        return self.reply()


class Talk:
    """All that is said to a QEMU and heard from it: over QMP its answers, and events of its own
    accord; over GDB's stub; and its serial port where that is live."""

    def __init__(self, monitor: socket.socket, stub: Optional[Stub], serial: IO[bytes],
                 pipe: Optional[int], live: Optional[Live]) -> None:
        self.monitor, self.stub, self.serial, self.pipe, self.live = (
            monitor, stub, serial, pipe, live)
        self.messages: List[Dict[str, Any]] = []
        self.unread, self.asked = b"", 0

    def pump(self, timeout: float) -> bool:
        """Read what has come; False when nothing comes for so many seconds."""
        channels = [self.monitor] + ([self.stub.channel] if self.stub else [])
        pipe = [] if self.pipe is None else [self.pipe]
        ready = select.select([*channels, *pipe], [], [], timeout)[0]
        if pipe and self.pipe in ready:
            self.drain()
        if self.monitor in ready:
            *lines, self.unread = (self.unread + receive(self.monitor)).split(b"\n")
            self.messages += [json.loads(line) for line in lines if line.strip()]
        if self.stub and self.stub.channel in ready:
            self.stub.read()
        return bool(ready)

    def drain(self) -> None:
        """Pass on what waits in the serial pipe, and keep it."""
        while self.live and self.pipe is not None and select.select([self.pipe], [], [], 0)[0]:
            data = os.read(self.pipe, 65536)
            if not data:
                break
            self.serial.write(data)
            self.live(data)
        self.serial.flush()

    def take(self, key: str, *values: object) -> Optional[Dict[str, Any]]:
        """The first message with one of the values, or None."""
        for i, message in enumerate(self.messages):
            if message.get(key) in values:
                return self.messages.pop(i)
        return None

    def ask(self, name: str, **arguments: Any) -> Any:
        """The answer by its number: one that Ctrl-C kept us from reading has another."""
        self.asked += 1
        message = {"execute": name, "arguments": arguments, "id": self.asked}
        send(self.monitor, json.dumps(message).encode() + b"\n")
        while True:
            answer = self.take("id", self.asked)
            if answer:
                return answer.get("return")
            if not self.pump(SILENCE):
                raise MachineError("QEMU does not answer")

    def type(self, line: str) -> str:
        """What QEMU's monitor for people says to a line."""
        return str(self.ask("human-monitor-command", **{"command-line": line}))

    def registers(self) -> Registers:
        return parse_registers(self.type("info registers"))
