"""Certificates for tests, made when they run with the openssl command.

    authority = Authority(folder, "test authority")
    server = authority.issue("server", names="DNS:localhost,IP:127.0.0.1")
    server.config                                   # {"certificate": PATH, "key": PATH}
    context = authority.client(authority.issue("alice"))
"""
import functools
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

AUTHORITY = """
[ca]
default_ca = this
[this]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
certificate = {folder}/authority.pem
private_key = {folder}/authority.key
default_md = sha256
default_days = 30
default_crl_days = 30
unique_subject = no
policy = any
[any]
commonName = supplied
"""
SERVER_NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1"


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options).stdout


@dataclass
class Issued:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path

    @property
    def config(self):
        return {"certificate": str(self.certificate), "key": str(self.key)}

    def replace(self, other):
        """Puts another certificate and its key in the place of these, one file after the other."""
        self.key.write_bytes(other.key.read_bytes())
        self.certificate.write_bytes(other.certificate.read_bytes())


class Authority:
    """An authority whose files are in `folder`."""

    def __init__(self, folder, name="test authority"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.count = 0
        self.certificate, self.key = self.folder / "authority.pem", self.folder / "authority.key"
        new_key(self.key)
        openssl("req", "-x509", "-key", self.key, "-subj", "/CN=" + name, "-days", "30", "-out", self.certificate,
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name="localhost", names=None, days=30, subject=None, usage=None, ends=None):
        """A certificate for that common name (or that whole subject), and `names` besides. It has expired where `days`
        is negative, and expires at the time `ends`, if that is given."""
        if ends:
            return self.issue_until(name, ends)
        self.count += 1
        stem = self.folder / ("%d" % self.count)
        issued = Issued(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        new_key(issued.key)
        request = openssl("req", "-new", "-key", issued.key, "-subj", subject or "/CN=" + name)
        extensions = "basicConstraints=CA:FALSE\n"
        extensions += "subjectAltName=%s\n" % names if names else ""
        extensions += "extendedKeyUsage=%s\n" % usage if usage else ""
        with tempfile.NamedTemporaryFile("w", suffix=".cnf") as file:
            file.write(extensions)
            file.flush()
            openssl("x509", "-req", "-CA", self.certificate, "-CAkey", self.key, "-set_serial", self.count + 1,
                    "-days", days, "-extfile", file.name, "-out", issued.certificate, input=request)
        return issued

    def issue_until(self, name, ends):
        """The openssl command of Debian 12 sets the end of a certificate to a day only, unless it is that of an authority
        with a database."""
        issued = self.issue(name)
        self.as_authority("-in", self.request(issued.key, "/CN=" + name), "-out", issued.certificate, "-enddate",
                          time.strftime("%Y%m%d%H%M%SZ", time.gmtime(ends)))
        return issued

    def revocations(self, *revoked):
        """A revocation list with these certificates, in PEM."""
        for each in revoked:
            self.as_authority("-revoke", each.certificate)
        return self.as_authority("-gencrl")

    def request(self, key, subject):
        path = key.with_suffix(".csr")
        path.write_bytes(openssl("req", "-new", "-key", key, "-subj", subject))
        return path

    def as_authority(self, *arguments):
        """`openssl ca`, with a database next to the authority's files."""
        file = self.folder / "authority.cnf"
        if not file.exists():
            (self.folder / "index.txt").touch()
            (self.folder / "serial").write_text("1000\n")
            file.write_text(AUTHORITY.format(folder=self.folder))
        return openssl("ca", "-batch", "-notext", "-config", file, *arguments)

    def client(self, shows=None, **options):
        """What a client that trusts this authority uses, with a certificate of its own if it has one."""
        context = ssl.create_default_context(cafile=self.certificate)
        if shows:
            context.load_cert_chain(shows.certificate, shows.key)
        for name, value in options.items():
            setattr(context, name, value)
        return context


def new_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    path.chmod(0o600)


@functools.cache
def tls_of_tests():
    """The `tls` of gateways that are all run with TLS, and what their clients use."""
    folder = tempfile.TemporaryDirectory(prefix="mcp-gateway-tls-")
    authority = Authority(folder.name)
    context = authority.client()
    context.folder = folder  # as long as the context is there
    return authority.issue("localhost", SERVER_NAMES).config, context
