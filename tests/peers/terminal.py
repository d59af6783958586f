"""Runs a program in a terminal of its own and answers each of its questions; prints what happened."""
import json
import os
import pty
import re
import select
import sys
import time

answer, program, *arguments = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(program, [program, *arguments])

screen = b""
answered = 0
deadline = time.monotonic() + 60
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
    # Deno takes no answer in the first moments, so that none can be typed by mistake.
    while screen.count(b"[y/n") > answered:
        answered += 1
        time.sleep(0.3)
        os.write(terminal, answer.encode() + b"\n")
_, status = os.waitpid(child, 0)
text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode()).replace("\r\n", "\n")
print(json.dumps({"questions": answered, "code": os.waitstatus_to_exitcode(status), "screen": text}))
