"""A configuration with a secret in every place that can hold one, and each secret by the name of its place."""
import base64
import sys
import uuid
from urllib.parse import quote

from authorization_server import AuthorizationServer
from certificates import Authority
from gateway_under_test import chaos

PLACES = ["token", "token from a variable", "token from a file", "token of tokens_file", "admin token", "introspection", "collector",
          "environment of the gateway", "env", "env from a variable", "env from a file", "argument", "pass_env", "env of session",
          "env of owned", "owner's file", "owner's header", "env of broken"]
COMPLAINS = "import os, sys; sys.stderr.write('cannot use ' + os.environ['OWN'] + chr(10)); sys.exit(3)"


class Planted:
    """`secrets` by place. `gateway`, `services` and `variables` are for a Gateway; `folder` holds files of secrets.

    Services: shared, session and owned have children of their isolation; broken writes its secret to stderr and ends.
    """

    def __init__(self, folder, collector="http://127.0.0.1:9/v1/traces"):
        self.folder = folder
        self.secrets = {place: f"canary-{uuid.uuid4().hex}" for place in PLACES}
        self.key = Authority(folder / "authority").issue("localhost", "DNS:localhost,IP:127.0.0.1")
        self.secrets["key of TLS"] = self.key.key.read_text().splitlines()[1]
        self.issuer = AuthorizationServer([])
        self.variables = {"TOKEN_OF_BOB": self.secrets["token from a variable"], "PASSED": self.secrets["pass_env"],
                          "FOR_THE_CHILD": self.secrets["env from a variable"], "FOR_ARGUMENTS": self.secrets["argument"],
                          "SECRET_OF_NOBODY": self.secrets["environment of the gateway"]}
        tokens = [{"name": "ann", "token": self.secrets["token"]}, {"name": "bob", "token": "${TOKEN_OF_BOB}"},
                  {"name": "cid", "token": self.file("token from a file")}]
        (folder / "tokens.json").write_text('{"tokens": [{"name": "dan", "token": "%s"}]}' % self.secrets["token of tokens_file"])
        introspection = {"client_id": "gateway", "client_secret": self.file("introspection"), "cache": "0s"}
        self.gateway = {
            "public_url": "https://gw.test", "admin_token": self.file("admin token"),
            "log": {"level": "debug", "audit": True, "outputs": [{"kind": "stderr"}, {
                "kind": "file", "path": str(folder / "log.txt"), "format": "text"}]},
            "traces": {"endpoint": collector, "sample": 1, "headers": {"Authorization": "Bearer " + self.secrets["collector"]}},
            "auth": {"tokens": tokens, "tokens_file": str(folder / "tokens.json"), "oauth": {
                "issuers": [{"issuer": self.issuer.issuer, "name": "login", "introspection": introspection}]}}}
        (folder / "owners").mkdir()
        for owner in ("ann", "bob"):
            (folder / "owners" / owner).write_text(self.secrets["owner's file"])
        fast = {"restart": {"backoff_initial": "1ms"}}
        self.services = {
            "shared": chaos("--tools-from", str(folder) + "/no-such-folder-${FOR_ARGUMENTS}", **fast, pass_env=["PASSED"],
                            listen="127.0.0.1:0", tls=self.key.config, env={
                                "OWN": self.secrets["env"], "FROM_A_VARIABLE": "${FOR_THE_CHILD}",
                                "FROM_A_FILE": self.file("env from a file")}),
            "session": chaos(**fast, isolation="session", env={"OWN": self.secrets["env of session"]}),
            "owned": chaos(**fast, isolation="affinity", env={"OWN": self.secrets["env of owned"]}, owner_env={
                "OF_FILE": {"file": f"{folder}/owners/{{principal}}"}, "OF_HEADER": {"header": "X-Secret-Of-Owner"}}),
            "broken": {"command": sys.executable, "args": ["-c", COMPLAINS], "env": {"OWN": self.secrets["env of broken"]},
                       "restart": {"max_restarts": 1, "backoff_initial": "1ms"}}}

    def file(self, place):
        """The secret of a place in a file, as the configuration names it."""
        path = self.folder / place.replace(" ", "-").replace("'", "")
        path.write_text(self.secrets[place] + "\n")
        return "${file:%s}" % path

    def headers(self, token="token"):
        """What a client sends whose token is that of a place."""
        return {"Authorization": "Bearer " + self.secrets[token], "X-Secret-Of-Owner": self.secrets["owner's header"]}

    def of(self, service):
        """The secrets that a child of a service has been given."""
        places = {"shared": ["env", "env from a variable", "env from a file", "argument", "pass_env"], "session": ["env of session"],
                  "owned": ["env of owned", "owner's file", "owner's header"], "broken": ["env of broken"]}[service]
        return {place: self.secrets[place] for place in places}

    def found_in(self, text, but=()):
        """The places whose secrets are in a text, as they are or encoded in the ways that programs encode them."""
        return [place for place, secret in self.secrets.items() if place not in but and any(form in text for form in forms(secret))]

    def stop(self):
        self.issuer.stop()


def forms(secret):
    """A secret, its hexadecimal digits, and its Base64 wherever in a longer text it begins; at the end some bits are another's."""
    encoded = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield encoded.hex()
    for shift in range(3):
        whole = base64.b64encode(b"x" * shift + encoded).decode().rstrip("=")
        yield whole[(0, 2, 3)[shift]:-2]
