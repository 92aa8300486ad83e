"""A TCP proxy that can lose its clients without a word to the gateway, as a cable that is pulled does."""

import contextlib
import socket
import threading


class SilentProxy:
    """Passes on what comes, in a thread for each way. Use it as a context manager."""

    def __init__(self, port):
        self.gateway = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.changed = threading.Condition()
        self.streams = []  # pairs of sockets whose last request was a GET
        self.lost = []     # those of them that were lost
        self.begun = 0     # of all streams so far, those whose first event was passed on
        self.lets_in = True
        self.sockets = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *problem):
        self.listener.close()
        for each in self.sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def wait_for_streams(self, count, timeout=120):
        """Waits until the client has had the first event of so many, since the start."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.begun >= count, timeout), f"{self.begun} of {count} streams have begun"

    def lose_streams(self):
        """Ends them for the client. The gateway's side stays open, and nobody reads it. New ones wait for `let_in`."""
        with self.changed:
            self.lets_in = False
            self.lost, self.streams = self.lost + self.streams, []
            for client, _ in self.lost:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def let_in(self):
        with self.changed:
            self.lets_in = True
            self.changed.notify_all()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                gateway = socket.create_connection(self.gateway)
                self.sockets += [client, gateway]
                threading.Thread(target=self._requests, args=(client, gateway), daemon=True).start()
                threading.Thread(target=self._answers, args=(client, gateway), daemon=True).start()

    def _requests(self, client, gateway):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if data.startswith(b"GET "):
                    self._begin_stream(client, gateway)
                gateway.sendall(data)
        with self.changed, contextlib.suppress(OSError):
            if (client, gateway) not in self.lost:
                gateway.shutdown(socket.SHUT_WR)

    def _begin_stream(self, client, gateway):
        with self.changed:
            self.changed.wait_for(lambda: self.lets_in)
            self.streams.append((client, gateway))

    def _answers(self, client, gateway):
        with contextlib.suppress(OSError):
            while data := gateway.recv(65536):
                client.sendall(data)
                if b"id: 0-" in data:
                    with self.changed:
                        self.begun += 1
                        self.changed.notify_all()
            client.shutdown(socket.SHUT_WR)
