"""Runs a program in a terminal of its own and types: each text as soon as the screen shows what it
answers. Prints how the program ended, or that it had to be killed, and the screen."""
import json
import os
import pty
import re
import select
import signal
import sys
import time

steps = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

screen = b""
# Up to where the screen has been answered.
seen = 0
deadline = time.monotonic() + 30
while time.monotonic() < deadline:
    ready, _, _ = select.select([terminal], [], [], 0.2)
    if not ready:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    screen += data
    while steps:
        shown = screen.find(steps[0][0].encode(), seen)
        if shown < 0:
            break
        wanted, text = steps.pop(0)
        seen = shown + len(wanted)
        # Deno takes no answer in the first moments, so that none can be typed by mistake.
        time.sleep(0.5)
        os.write(terminal, text.encode())
else:
    os.kill(child, signal.SIGKILL)
_, status = os.waitpid(child, 0)
text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode()).replace("\r\n", "\n")
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "screen": text}))
