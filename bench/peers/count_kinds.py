"""Counts what the lines of a dump are (P1.2, P1.4), with Python's JSON reader, to check
the counts of a summary against.

   python3 count_kinds.py DUMP     prints: lines posts delete_notices
"""
import json
import sys

lines = posts = deletes = 0
with open(sys.argv[1], "rb") as dump:
    for line in dump:
        if not line.strip(b" \t\r\n"):
            continue
        lines += 1
        try:
            value = json.loads(line)
        except ValueError:
            # Too large a part of it to be read cheaply may be sound: a line that is not
            # parsed counts as a post. The recordings have no such lines.
            continue
        if not isinstance(value, dict):
            continue
        if next(iter(value), None) == "delete" and isinstance(value["delete"], dict):
            deletes += isinstance(value["delete"].get("status"), dict)
        elif isinstance(value.get("user"), dict):
            posts += any(value.get(n) is not None for n in ("text", "full_text", "extended_tweet"))
print(lines, posts, deletes)
