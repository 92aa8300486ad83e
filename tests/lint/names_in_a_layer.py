#!/usr/bin/env python3
"""Checks that file-local names are unique within a layer, or a folder of tests. Usage: names_in_a_layer.py REPOSITORY

GATEWAY_UNITY, used by quickstart.sh, the images and test.sh, compiles the files of several layers as one, and each folder of
tests. Functions, constants, types or aliases with the same name in the anonymous namespaces of a layer then collide, except
for functions with different parameters. So does a name that is also declared in a header of the layer. Layers have namespaces
of their own, except for base and the program, which are not compiled as one.
"""
import collections
import pathlib
import re
import sys

LITERAL = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|//[^\n]*', re.S)
TYPE = re.compile(r"^(?:enum class|enum|class|struct) (\w+)(?= |$)", re.M)
ALIAS = re.compile(r"^using (\w+) = ", re.M)
CONSTANT = re.compile(r"^(?:inline |static )*const(?:expr|init)? (?!auto operator)[\w:<>,*& ]*?(\w+)(?:\[\])?(?:\{| =)", re.M)
FUNCTION = re.compile(r"^(?! |using|return|namespace|template|class|struct|enum|TEST|#)[\w:<>,*& ]+?(\w+)\(([^;{]*)\)(?: const)?(?: noexcept)? \{", re.M)


TESTS = ("unit", "component", "middle", "harness", "storm")


def sources(root, ending):
    """Each file with its layer, or its folder of tests."""
    gateway = root / "gateway"
    for path in sorted(gateway.rglob("*" + ending)):
        if path != gateway / "main.cc":
            yield path, path.relative_to(gateway).parts[0] if path.parent != gateway else "program"
    for folder in TESTS:
        for path in sorted((root / "tests" / folder).rglob("*" + ending)):
            yield path, path.parent.relative_to(root).as_posix()


def anonymous_blocks(text):
    """What stands between the braces of each `namespace {`, without texts and remarks."""
    text = LITERAL.sub("", text)
    for begin in re.finditer(r"^namespace \{$", text, re.M):
        depth, at = 1, begin.end()
        while depth and at < len(text):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        yield text[begin.end():at - 1]


def names_in(text):
    """Each name that must be the only one, as it is told."""
    for kind in (TYPE, ALIAS, CONSTANT):
        yield from kind.findall(text)
    for name, arguments in FUNCTION.findall(text):
        types = [re.sub(r"\s*=.*|\s*\b\w+$", "", argument.strip()) for argument in arguments.split(",")]
        yield f"{name}({', '.join(types)})"


def main(root):
    where = collections.defaultdict(lambda: collections.defaultdict(set))
    for path, layer in sources(root, ".cc"):
        for block in anonymous_blocks(path.read_text()):
            for name in names_in(block):
                where[layer][name].add(path.relative_to(root).as_posix())
    for path, layer in sources(root, ".h"):
        for name in ALIAS.findall(path.read_text()):
            if name in where[layer]:
                where[layer][name].add(path.relative_to(root).as_posix())
    wrong = [f"{name} is in {' and '.join(sorted(files))}: call one otherwise, or let them share it"
             for names in where.values() for name, files in sorted(names.items()) if len(files) > 1]
    found = sum(len(names) for names in where.values())
    if found < 100:
        wrong.append(f"only {found} names were found in anonymous namespaces: this lint no longer reads them")
    print("\n".join(wrong) or f"{found} names, each of its own")
    return bool(wrong)


sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
