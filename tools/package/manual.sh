#!/usr/bin/env bash
# Makes the manual page of what the program says with --help, so that it names every command and
# option there is, and no other.
#
#   tools/package/manual.sh PROGRAM FILE
set -euo pipefail
[ $# -eq 2 ] || { echo "manual.sh: usage: manual.sh PROGRAM FILE" >&2 && exit 2; }
program="$1"

# The commands below one, a line each.
commands_of() { # COMMAND...
  "$program" "$@" --help | awk '
    /^$/ { section = "" }
    section == "Subcommands:" && /^  [a-z]/ { print $1 }
    /^[A-Z][a-z]*:$/ { section = $1 }'
}

# A help text as mdoc. Lists become lists; of what follows them, indented lines are shown as they
# stand, and others are paragraphs.
as_mdoc() {
  awk '
    function escaped(text) {
      gsub(/\\/, "\\e", text)
      gsub(/-/, "\\-", text)
      gsub(/\047/, "\\(aq", text)
      return text
    }
    function flowing(text,   before, inside) {
      text = escaped(text)
      while (match(text, /`[^`]*`/)) {
        before = substr(text, 1, RSTART - 1)
        inside = substr(text, RSTART + 1, RLENGTH - 2)
        text = before "\\fB" inside "\\fR" substr(text, RSTART + RLENGTH)
      }
      return text
    }
    # In lines of 80 bytes.
    function wrapped(text,   n, words, i, line) {
      n = split(text, words, " ")
      for (i = 1; i <= n; ++i) {
        if (line != "" && length(line) + length(words[i]) > 78) {
          print line
          line = ""
        }
        line = line == "" ? (words[i] ~ /^\./ ? "\\&" : "") words[i] : line " " words[i]
      }
      print line
    }
    # A sentence ends its line, as the language of manuals wants it.
    function say(text,   end) {
      while (match(text, /[.!?] [A-Z-]/)) {
        end = RSTART
        wrapped(flowing(substr(text, 1, end)))
        text = substr(text, end + 2)
      }
      wrapped(flowing(text))
    }
    function end_literal() { if (literal) { print ".Ed"; literal = 0 } }
    function end_list() { if (list) { print ".El"; list = 0 } }
    # "--lateness DURATION=30s", "--out DIR REQUIRED", "DUMP ... REQUIRED"
    function item(head,   n, words, i, line, value, at) {
      n = split(head, words, " ")
      required = words[n] == "REQUIRED"
      if (required) --n
      default_value = ""
      line = ".It"
      for (i = 1; i <= n; ++i) {
        if (words[i] ~ /^-/) {
          value = words[i]
          sub(/^-/, "", value)
          sub(/,-/, " , Fl ", value)
          line = line " Fl " escaped(value)
        } else if (words[i] == "...") {
          line = line " ..."
        } else {
          value = words[i]
          at = index(value, "=")
          if (at > 0 && value != "KEY=VALUE") {
            default_value = substr(value, at + 1)
            value = substr(value, 1, at - 1)
          }
          line = line " " (section == "Subcommands:" ? "Ic" : "Ar") " \\&" escaped(value)
        }
      }
      print line
    }
    function meaning(text) {
      say(text ".")
      if (required) print "Required."
      if (default_value != "") print "Default: " escaped(default_value) "."
    }
    NR == 1 { say($0 ($0 ~ /\.$/ ? "" : ".")); next }
    /^Usage: / {
      sub(/^Usage: /, "")
      print ".Pp\n.Dl " escaped($0)
      next
    }
    /^(Positionals|Options|Subcommands):$/ {
      section = $1
      fresh = 1
      next
    }
    section != "" && /^  -h,--help / { next }
    section != "" && /^  [^ ]/ {
      if (fresh) { print ".Bl -tag -width Ds"; list = 1; fresh = 0 }
      head = substr($0, 3)
      body = ""
      if (match(head, /  +/)) {
        body = substr(head, RSTART + RLENGTH)
        head = substr(head, 1, RSTART - 1)
      }
      # A long head touches its meaning at column 30.
      if (body == "" && length($0) > 30 && substr($0, 30, 1) == " ") {
        head = substr($0, 3, 27)
        body = substr($0, 31)
      }
      item(head)
      if (body != "") meaning(body)
      next
    }
    section != "" && /^   / { sub(/^ +/, ""); meaning($0); next }
    /^$/ {
      end_list()
      end_literal()
      section = ""
      paragraph = 1
      next
    }
    # What is the same for all commands is said once.
    /^`tagtill COMMAND --help`/ { skipped = 1 }
    skipped { next }
    /^  / {
      if (!literal) { print ".Bd -literal -offset indent"; literal = 1 }
      print escaped(substr($0, 3))
      next
    }
    {
      if (literal || paragraph || /^(Example|Exit codes)/) {
        end_literal()
        print ".Pp"
        paragraph = 0
      }
      say($0)
    }
    END { end_list(); end_literal() }'
}

command_pages() { # COMMAND...
  local name
  if [ $# -gt 0 ]; then
    echo ".Ss tagtill $*"
    "$program" "$@" --help | as_mdoc
  fi
  for name in $(commands_of "$@"); do
    command_pages "$@" "$name"
  done
}

{
  cat <<'MDOC'
.\" Made by tools/package/manual.sh of what the program says with --help.
.Dd November 27, 2026
.Dt TAGTILL 1
.Os
.Sh NAME
.Nm tagtill
.Nd find purchases in a firehose of social posts
.Sh SYNOPSIS
.Nm
.Ar COMMAND
.Op Ar OPTIONS
.Nm
.Ar COMMAND
.Fl -help
.Nm
.Fl -version
.Sh DESCRIPTION
A member posts an offer's hashtag, gets a one-time confirmation tag as an
answer, posts that too, and has bought it.
.Nm
reads the stream, recorded
.Pq Ic replay
or as it happens
.Pq Ic serve ,
decides each purchase by a written protocol, and delivers it to a database, a
file or a webhook.
.Pp
Formats, protocol and operation are described in
.Pa /usr/share/doc/tagtill .
.Sh COMMANDS
Each command takes
.Fl h
or
.Fl -help ,
which shows what is written here.
MDOC
  command_pages
  cat <<'MDOC'
.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/tagtill/tagtill.toml
The configuration of the service; in this folder offers, members and secret as
well.
.It Pa /var/lib/tagtill
State and databases of the service.
.It Pa /run/tagtill
The socket of the service.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
Done.
.It 1
Failed.
.It 2
Wrong usage.
.It 65
Bad input, or a damaged state.
.It 74
Input or output failed.
.It 75
Given up; the same command goes on later.
.It 78
A bad configuration, catalogue, member file or secret.
.El
.Sh SEE ALSO
.Xr sqlite3 1 ,
.Xr systemctl 1
MDOC
} >"$2.new"
mv "$2.new" "$2"
