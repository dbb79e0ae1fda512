#!/usr/bin/env python3
"""Turns the files of geodata/ into one C source: the library carries its tables and needs no path.
usage: embed.py OUT.c FILE..."""
import os
import sys


def literal(data):
    """The bytes as C string pieces, one input line each; octal where a plain letter would not do."""
    lines = data.split(b"\n")
    pieces = [line + b"\n" for line in lines[:-1]] + [lines[-1]]
    text = lambda b: chr(b) if 32 <= b < 127 and b not in b'"\\?' else "\\%03o" % b
    return "\n".join('    "%s"' % "".join(map(text, piece)) for piece in pieces)


with open(sys.argv[1], "w", encoding="ascii") as out:
    out.write('/* made by scripts/embed.py from geodata/ */\n'
              '#pragma GCC diagnostic ignored "-Woverlength-strings"\n#include <stddef.h>\n#include <string.h>\n'
              '#include "base/geodata.h"\n\nstatic const struct {\n    const char *name, *text;\n} files[] = {\n')
    for path in sys.argv[2:]:
        with open(path, "rb") as f:
            out.write('    { "%s",\n%s },\n' % (os.path.basename(path), literal(f.read())))
    out.write("};\n\nconst char *qz_geodata(const char *name) {\n"
              "    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)\n"
              "        if (strcmp(files[i].name, name) == 0)\n            return files[i].text;\n"
              "    return NULL;\n}\n")
