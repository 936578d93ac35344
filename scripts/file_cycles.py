"""Cycles between the files of a crate, by what they name of each other: `python3 scripts/file_cycles.py [CRATE/src ...]`.

Ends with 1 if a crate has more than one.

A file is a module. It depends on another one if it names something of it by `crate::…`, `super::…` or `self::…`, in its
code. What a `mod tests` at the end of a file names does not count. A file is a part of the one above it: that it names
its parent does not count either, nor that a parent hands on (`pub use`) its children.
"""

import re
import sys
from pathlib import Path

# circles of a crate
MOST = 1


def modules(src):
    """Module path, as a tuple, of every file."""
    found = {}
    for file in sorted(src.rglob("*.rs")):
        parts = list(file.relative_to(src).with_suffix("").parts)
        if parts[-1] in ("lib", "main", "mod"):
            parts.pop()
        found[tuple(parts)] = file
    return found


def code(file):
    """Without comments, tests and text."""
    text = file.read_text(encoding="utf-8").split("#[cfg(test)]\nmod tests")[0]
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)


def paths(tree):
    """Every path of a `use` tree such as `super::{entry::Entry, plan}`."""
    tree = tree.strip()
    if "{" not in tree:
        return [re.split(r"\s+as\s+", tree)[0].split("::")]
    head, inner = tree.split("{", 1)
    inner = inner.rsplit("}", 1)[0]
    parts, depth, last = [], 0, ""
    for letter in inner:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(last)
            last = ""
        else:
            last += letter
    head = [part for part in head.strip().split("::") if part]
    return [head + path for part in parts + [last] if part.strip() for path in paths(part)]


def resolve(path, module, known):
    """The file that a path from `module` leads to, if it is one of the crate's."""
    path = [part.strip() for part in path]
    place = list(module)
    if path[0] == "crate":
        place, path = [], path[1:]
    elif path[0] == "self":
        path = path[1:]
    elif path[0] == "super":
        while path and path[0] == "super":
            place, path = place[:-1], path[1:]
    elif tuple(place + path[:1]) not in known:
        return None
    for part in path:
        if tuple(place + [part]) not in known:
            break
        place.append(part)
    return tuple(place)


def edges(src):
    known = modules(src)
    graph = {}
    for module, file in known.items():
        text = code(file)
        named = [(path, handed) for handed, tree in re.findall(r"(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", text) for path in paths(tree)]
        text = re.sub(r"use\s+[^;]+;", "", text)
        named += [(path.split("::"), "") for path in re.findall(r"(?<![:\w])[a-z]\w*(?:::\w+)+", text)]
        graph[module] = set()
        for path, handed in named:
            other = resolve(path, module, known)
            if other is None or other == module or module[: len(other)] == other:
                continue
            if not (handed and other[: len(module)] == module):
                graph[module].add(other)
    return graph


def knots(graph):
    """Strongly connected components of more than one file."""
    order, seen, result = [], {}, []
    low, stack = {}, []

    def visit(node):
        seen[node] = low[node] = len(seen)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in seen:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], seen[other])
        if low[node] == seen[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                result.append(stack[at:])
            del stack[at:]

    for node in graph:
        if node not in seen:
            visit(node)
    return result


def main():
    sys.setrecursionlimit(10_000)
    root = Path(__file__).resolve().parent.parent
    sources = [Path(name) for name in sys.argv[1:]] or sorted(root.glob("harness/**/src")) + [root / "baselines/src"]
    too_many = False
    for src in sources:
        graph = edges(src)
        found = knots(graph)
        too_many |= len(found) > MOST
        for knot in found:
            print(f"{src}: {len(knot)} files know each other in a circle")
            for module in knot:
                others = ", ".join("::".join(other) for other in sorted(graph[module]) if other in knot)
                print(f"    {'::'.join(module)} -> {others}")
    return int(too_many)


if __name__ == "__main__":
    sys.exit(main())
