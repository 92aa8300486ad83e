"""A TCP proxy that cuts its connections when a test says so.

    proxy = CuttingProxy(port)      # of the server
    proxy.port                      # for the client
    proxy.cut_when(b"progress")     # the connection on which the server next sends this, once that is passed on
"""
import select
import socket
import threading


class CuttingProxy:
    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.marks = []
        self.cuts = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def cut_when(self, mark):
        with self.lock:
            self.marks.append(mark)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(client,), daemon=True).start()

    def relay(self, client):
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            try:
                while True:
                    ready, _, _ = select.select([client, server], [], [])
                    for one, other in ((client, server), (server, client)):
                        if one not in ready:
                            continue
                        data = one.recv(65536)
                        if not data:
                            return
                        other.sendall(data)
                        if one is server and self.is_the_end(data):
                            return
            except OSError:
                return

    def is_the_end(self, data):
        with self.lock:
            left = [mark for mark in self.marks if mark not in data]
            if len(left) == len(self.marks):
                return False
            self.marks = left
            self.cuts += 1
            return True

    def close(self):
        self.listener.close()
