"""Run a command with the network cut off, loopback alone alive: `python tools/offline.py COMMAND …` (Linux).

Kernels and their notebooks talk over 127.0.0.1, so loopback has to be brought up by hand in the new, empty network.
"""

import errno
import fcntl
import os
import socket
import struct
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1


def raise_loopback() -> None:
    """What `ip link set lo up` does, without needing `ip`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def reachable(address: str) -> bool:
    """Whether any route leads there. Connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        error = probe.connect_ex((address, 9))
    if error not in (0, errno.ENETUNREACH, errno.EHOSTUNREACH):
        sys.exit(f"offline: cannot tell whether {address} is reachable: {os.strerror(error)}")
    return error == 0


def main() -> None:
    """Outside: start this file again in an empty network namespace. Inside: prove the cut, then run the command."""
    if sys.argv[1:2] != ["--inside"]:
        unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
        os.execvp(unshare[0], [*unshare, sys.executable, __file__, "--inside", *sys.argv[1:]])
    raise_loopback()
    if reachable("192.0.2.1") or not reachable("127.0.0.1"):  # an address reserved for documentation; this machine
        sys.exit("offline: the network is not cut, or loopback is down")
    print("offline: no route leads out of this machine", flush=True)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
