"""What a programmer would first write in Python: parse each line, look each hashtag of
its text up in a set, count the lines with a hit.

   python3 count_python.py TAGS DUMP     (TAGS: lower case, one a line)
"""
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    tags = set(file.read().split())

count = 0
with open(sys.argv[2], "rb") as dump:
    for line in dump:
        try:
            post = json.loads(line)
        except ValueError:
            continue
        if any(tag.lower() in tags for tag in re.findall(r"#(\w+)", post.get("text") or "")):
            count += 1
print(count)
