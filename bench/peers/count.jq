# What a programmer would first write in jq: parse each line, look each hashtag of its
# text up in an object, give a line for each line with a hit.
#
#   jq -c --slurpfile tags TAGS -f count.jq DUMP | wc -l     (TAGS: {"tag": true, …})
select([(.text // "") | scan("#(\\w+)")[0] | ascii_downcase] | any($tags[0][.])) | 1
