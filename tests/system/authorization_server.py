"""An authorization server for tests, as far as a resource server sees one: keys, metadata, introspection.

Tokens are signed with RS256 by the openssl program, so that tests need no package.
"""
import base64
import hashlib
import hmac
import http.server
import json
import subprocess
import threading
import time
import urllib.parse


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    """An RSA key in `folder`."""

    def __init__(self, folder, kid):
        self.kid = kid
        self.path = folder / f"{kid}.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(self.path), "2048"], check=True, capture_output=True)

    def openssl(self, *arguments, data=None):
        return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout

    def public_pem(self):
        return self.openssl("rsa", "-in", str(self.path), "-pubout")

    def jwk(self):
        modulus = self.openssl("rsa", "-in", str(self.path), "-noout", "-modulus").decode().strip().partition("=")[2]
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}

    def sign(self, data):
        return self.openssl("dgst", "-sha256", "-sign", str(self.path), data=data)

    def token(self, claims, header=None):
        """`claims` and `header` over those of a good token."""
        return self.put_together({"alg": "RS256", "kid": self.kid, **(header or {})}, claims, self.sign)

    def token_with_secret(self, claims, secret):
        """HS256, with the public key or anything else as its secret."""
        return self.put_together({"alg": "HS256", "kid": self.kid}, claims,
                                 lambda data: hmac.new(secret, data, hashlib.sha256).digest())

    def unsigned_token(self, claims):
        return self.put_together({"alg": "none", "kid": self.kid}, claims, lambda data: b"")

    @staticmethod
    def put_together(header, claims, sign):
        text = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
        return f"{text}.{b64(sign(text.encode()))}"


class AuthorizationServer:
    """Listens on loopback. `keys` are those it publishes; `answers` of introspection by token; `asked` are the requests. Paths of
    `redirects` are answered with a URL to ask instead."""

    def __init__(self, keys):
        self.keys = list(keys)
        self.answers = {}
        self.asked = []
        self.is_away = False
        self.redirects = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self, None)

            def do_POST(self):
                outer.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request, form):
        self.asked.append((request.path, form, request.headers.get("Authorization")))
        if request.path in self.redirects:
            request.send_response(302)
            request.send_header("Location", self.redirects[request.path])
            request.send_header("Content-Length", "0")
            return request.end_headers()
        page = None if self.is_away else self.page(request.path, form)
        body = json.dumps(page).encode()
        request.send_response(503 if self.is_away else 404 if page is None else 200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def page(self, path, form):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": self.issuer + "/keys", "introspection_endpoint": self.issuer + "/ask"}
        if path == "/keys":
            return {"keys": [key.jwk() for key in self.keys]}
        if path == "/ask":
            return self.answers.get(urllib.parse.parse_qs(form)["token"][0], {"active": False})
        return None

    def count(self, path):
        return sum(1 for asked in self.asked if asked[0] == path)

    def claims(self, **changes):
        """Those of a good token of Ann for the service echo; a value of None leaves one out."""
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "ann", "aud": "https://gw.test/echo/mcp", "exp": now + 600, "nbf": now - 10,
                  "scope": "mcp echo:use", **changes}
        return {name: value for name, value in claims.items() if value is not None}
