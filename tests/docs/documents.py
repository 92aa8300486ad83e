"""The Markdown files: fenced blocks, the commands in them, links and their possible targets."""
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^([ \t]*)```(\w*)\n(.*?)^\1```", re.M | re.S)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)#* *$", re.M)
HEREDOC = re.compile(r"<<'?(\w+)'?")


@dataclass(frozen=True)
class Block:
    """A fenced block. One without a language contains shell commands."""
    document: "Document"
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.document.name}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command as a reader would paste it, without its trailing comment, with its here-document."""
    document: "Document"
    line: int
    text: str
    fed: str = ""

    def __str__(self):
        return f"{self.document.name}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Document:
    path: Path

    @property
    def name(self):
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self):
        return self.path.read_text()

    def blocks(self, *languages):
        for found in FENCE.finditer(self.text):
            if found[2] in languages:
                body = re.sub(f"^{found[1]}", "", found[3], flags=re.M)
                yield Block(self, self.text.count("\n", 0, found.start()) + 2, found[2], body)

    def commands(self):
        for block in self.blocks(""):
            yield from commands_of(block)

    def prose(self):
        """The text without fenced blocks, with line numbers preserved."""
        return FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    def inline(self):
        """Text in `backticks`, with its line."""
        prose = self.prose()
        for found in INLINE.finditer(prose):
            yield prose.count("\n", 0, found.start()) + 1, found[1]

    def links(self):
        prose = INLINE.sub(lambda found: "`" + " " * (len(found[0]) - 2) + "`", self.prose())
        for found in LINK.finditer(prose):
            yield prose.count("\n", 0, found.start()) + 1, found[1]

    def anchors(self):
        """As GitHub derives them from headings."""
        anchors, seen = set(), {}
        for heading in HEADING.findall(FENCE.sub("", self.text)):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
            anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            count = seen[anchor] = seen.get(anchor, -1) + 1
            anchors.add(f"{anchor}-{count}" if count else anchor)
        return anchors


def commands_of(block):
    """Lines ending with a backslash continue; text after <<'END' is the command's input."""
    lines = iter(enumerate(block.text.splitlines(), block.line))
    for number, line in lines:
        while line.endswith("\\") or is_open(line):
            line = line.removesuffix("\\").rstrip() + " " + next(lines)[1].strip()
        fed, here = [], HEREDOC.search(line)
        while here and (given := next(lines)[1]) != here[1]:
            fed.append(given)
        text = without_remark(line)
        if text:
            yield Command(block.document, number, text, "\n".join(fed))


def is_open(line):
    """An unfinished loop, or a line ending with an operator that continues it."""
    words = without_remark(line).split()
    return bool(words) and (words[0] in ("for", "while") and "done" not in words or words[-1] in ("&&", "||", "|"))


def without_remark(line):
    return re.sub(r"(^|\s)#\s.*$", "", line).strip()


def words_of(command):
    """The words of a command, unquoted."""
    return shlex.split(command, comments=True)


def documents():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split()
    return [Document(ROOT / name) for name in listed if (ROOT / name).exists()]
