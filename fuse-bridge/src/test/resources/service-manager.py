"""systemd's store of descriptors in miniature: service-manager.py SOCKET COMMAND...

Runs the command with NOTIFY_SOCKET set, keeps what it sends with FDSTORE=1, and hands that over to
the next run by LISTEN_FDS. "kill" on the input kills the command and runs it again; "stop" ends its
input, waits for it and says what is still kept. Both runs write to our output.
"""
import os, signal, socket, sys, threading

path, command = sys.argv[1], sys.argv[2:]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(path)
kept = {}


def receive():
    while True:
        message, descriptors, _, _ = socket.recv_fds(notify, 4096, 8)
        lines = message.decode().split()
        name = next(line[7:] for line in lines if line.startswith("FDNAME="))
        if "FDSTORE=1" in lines:
            assert len(descriptors) == 1, lines
            kept[name] = descriptors[0]
        elif "FDSTOREREMOVE=1" in lines:
            os.close(kept.pop(name))


def run():
    names = list(kept)
    sources = [os.dup(kept[name]) for name in names]
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(sources)]
        os.dup2(read, 0)
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)
        os.closerange(3 + len(high), 200)
        os.environ["NOTIFY_SOCKET"] = path
        if names:
            os.environ["LISTEN_PID"] = str(os.getpid())
            os.environ["LISTEN_FDS"] = str(len(names))
            os.environ["LISTEN_FDNAMES"] = ":".join(names)
        os.execv(command[0], command)
    for fd in sources + [read]:
        os.close(fd)
    return pid, write


threading.Thread(target=receive, daemon=True).start()
pid, child_input = run()
for line in sys.stdin:
    if line == "kill\n":
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(child_input)
        pid, child_input = run()
    else:
        os.close(child_input)
        os.waitpid(pid, 0)
        pid = 0
        print("kept:", list(kept), flush=True)
if pid:
    os.kill(pid, signal.SIGKILL)
