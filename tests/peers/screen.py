"""Runs a program in a terminal of its own of some width; prints its exit code and all that it wrote."""
import fcntl
import json
import os
import pty
import struct
import sys
import termios

columns, program, *arguments = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    # The parent has set the size before it lets the child go on.
    sys.stdin.readline()
    os.execvp(program, [program, *arguments])

fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
attributes = termios.tcgetattr(terminal)
attributes[3] &= ~termios.ECHO
termios.tcsetattr(terminal, termios.TCSANOW, attributes)
os.write(terminal, b"\n")
screen = b""
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    screen += data
_, status = os.waitpid(child, 0)
text = screen.decode().replace("\r\n", "\n")
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "screen": text}))
