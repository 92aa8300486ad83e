#!/usr/bin/env python3
"""A stdio MCP server whose tools try to get out of a sandbox, one way each.

Each attempt answers with "done", or with the name of the error that the system gave; `state` says what the process
may do, and `detach` leaves a process behind. What an attempt needs is in its arguments, so that a test can make the
same attempt with and without a sandbox. Python's standard library only.
"""
import argparse
import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import signal
import socket
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

X86 = {"ptrace": 101, "io_uring_setup": 425, "bpf": 321, "keyctl": 250, "userfaultfd": 323, "perf_event_open": 298,
       "unshare": 272, "setns": 308, "mount": 165, "kexec_load": 246, "init_module": 175, "process_vm_readv": 310,
       "truncate": 76, "socket": 41}
ARM = {"ptrace": 117, "io_uring_setup": 425, "bpf": 280, "keyctl": 219, "userfaultfd": 282, "perf_event_open": 241,
       "unshare": 97, "setns": 268, "mount": 40, "kexec_load": 104, "init_module": 105, "process_vm_readv": 270,
       "truncate": 45, "socket": 198}
NUMBERS = X86 if platform.machine() == "x86_64" else ARM
PTRACE_SEIZE = 0x4206


def call(name, *arguments):
    """The result of a system call; an OSError otherwise."""
    result = libc.syscall(NUMBERS[name], *[ctypes.c_long(each) if isinstance(each, int) else each for each in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def in_a_child(attempt):
    """What becomes of an attempt in a process of its own, which has no other effect."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            attempt()
            os.write(writer, b"done")
        except OSError as error:
            os.write(writer, errno.errorcode[error.errno].encode())
        finally:
            os._exit(0)
    os.close(writer)
    said = os.read(reader, 100).decode()
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    return said or f"status {status}"


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def write(path):
    with open(path, "ab") as file:
        file.write(b"x")


def truncate(path):
    call("truncate", path.encode(), 1)


def list_directory(path):
    os.listdir(path)


def remove(path):
    os.unlink(path)


def move(path, to):
    os.rename(path, to)


def link(path, to):
    os.link(path, to)


def read_through_link(path, link):
    os.symlink(path, link)
    try:
        read(link)
    finally:
        os.unlink(link)


def execute(path):
    os.posix_spawn(path, [path], {})


def connect(port, host="127.0.0.1"):
    with socket.socket() as client:
        client.settimeout(5)
        client.connect((host, port))


def listen(port=0):
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()


def connect_unix(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path if not path.startswith("@") else "\0" + path[1:])


def make_socket(family, kind, protocol=0):
    os.close(call("socket", family, kind, protocol))


def make_socket_pair():
    for end in socket.socketpair():
        end.close()


def ptrace(pid):
    call("ptrace", PTRACE_SEIZE, pid, 0, 0)


def send_signal(pid, number):
    os.kill(pid, number)


def system_call(call_name, arguments=()):
    result = call(call_name, *arguments)
    if call_name in ("io_uring_setup", "perf_event_open", "bpf", "userfaultfd"):
        os.close(result)


def unshare(flags):
    call("unshare", flags)


def allocate(size):
    mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()


def use_memory(size):
    used = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for at in range(0, size, mmap.PAGESIZE):
        used[at] = 1


def write_much(path, size):
    with open(path, "wb") as file:
        for _ in range(size // 65536):
            file.write(b"x" * 65536)


def gain_privileges():
    os.setuid(0)


def chroot(path):
    os.chroot(path)


ATTEMPTS = {each.__name__: each for each in (
    read, write, truncate, list_directory, remove, move, link, read_through_link, execute, connect, listen, connect_unix,
    make_socket, make_socket_pair, ptrace, send_signal, system_call, unshare, allocate, use_memory, write_much, gain_privileges, chroot)}


def fork_bomb(count):
    """How many of so many processes come into being. None stays."""
    reader, writer = os.pipe()
    pids = []
    try:
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            pids.append(pid)
    except OSError:
        pass
    os.close(writer)
    os.close(reader)
    for pid in pids:
        os.waitpid(pid, 0)
    return len(pids)


def detach():
    """The PID of a process that left this one's group and session, and ignores SIGTERM."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for fd in (0, 1, 2):
                os.close(fd)
            time.sleep(300)
        else:
            os.write(writer, str(pid).encode())
        os._exit(0)
    os.wait()
    return int(os.read(reader, 100))


def state():
    with open("/proc/self/status", encoding="utf-8") as status:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    listed = sorted(map(int, os.listdir("/proc/self/fd")))  # with that of the list itself, which is closed again
    descriptors = [fd for fd in listed if os.path.lexists(f"/proc/self/fd/{fd}")]
    limits = {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))
              for name in ("NOFILE", "NPROC", "FSIZE", "DATA", "CORE", "CPU")}
    return {"uid": os.getresuid(), "gid": os.getresgid(), "groups": os.getgroups(), "pid": os.getpid(),
            "parent": os.getppid(), "cwd": os.getcwd(), "descriptors": descriptors, "limits": limits,
            "environment": dict(os.environ), "user_namespace": os.readlink("/proc/self/ns/user"),
            "network_namespace": os.readlink("/proc/self/ns/net"),
            **{name: fields[name].strip() for name in
               ("NoNewPrivs", "Seccomp", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}}


def answer(method, params):
    if method == "initialize":
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "escapee", "version": "1"}}
    if method == "tools/list":
        names = [*ATTEMPTS, "fork_bomb", "detach", "state"]
        return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}
    if method != "tools/call":
        return {}
    name, arguments = params["name"], params.get("arguments", {})
    if name in ATTEMPTS:
        said = in_a_child(lambda: ATTEMPTS[name](**arguments))
    else:
        said = {"fork_bomb": fork_bomb, "detach": detach, "state": state}[name](**arguments)
    return {"content": [{"type": "text", "text": json.dumps(said)}]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ignored", nargs="*")
    parser.parse_args()
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            result = answer(request["method"], request.get("params", {}))
            print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)


if __name__ == "__main__":
    main()
