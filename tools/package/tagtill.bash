# shellcheck shell=bash
# Bash completion of tagtill. A test compares it with what `--help` says of every command.

_tagtill_options() { # COMMAND
  case "$1" in
    tagtill) echo "--version" ;;
    "tagtill replay")
      echo "--offers --members --secret-file --lateness --max-jump --prefix --block-bytes --events
        --sink --reply-template --strict --fail-fast --dead-letter --state --again --repaired
        --abandon --durability --journal --outbox-max --lanes --shards --pin --summary --progress"
      ;;
    "tagtill explain")
      echo "--offers --members --secret-file --lateness --max-jump --prefix --block-bytes --post
        --purchase --author"
      ;;
    "tagtill validate")
      echo "--config --set --offers --members --secret-file --prefix --against --show
        --warnings-as-errors"
      ;;
    "tagtill serve" | "tagtill config show") echo "--config --set" ;;
    "tagtill send")
      echo "--to --tls-ca --tls-cert --tls-key --stream --speed --loop --buffer --give-up-after
        --summary --progress"
      ;;
    "tagtill report") echo "--html --no-html --rows" ;;
    "tagtill state show") echo "--state --json" ;;
    "tagtill state check") echo "--state" ;;
    "tagtill state export") echo "--state --out" ;;
    "tagtill state forget") echo "--state --author --output" ;;
    "tagtill corpus generate")
      echo "--out --seed --posts --offers --members --candidates --form --posts-per-second --start"
      ;;
    "tagtill corpus weave")
      echo "--background --out --copies --seed --offers --members --candidates --tags"
      ;;
  esac
}

_tagtill_commands() { # COMMAND
  case "$1" in
    tagtill) echo "replay explain validate serve config send report state tags corpus version" ;;
    "tagtill config") echo "show keys" ;;
    "tagtill state") echo "show check export forget" ;;
    "tagtill corpus") echo "generate weave" ;;
  esac
}

# What can stand behind an option; nothing: a path, or anything.
_tagtill_values() { # OPTION
  case "$1" in
    --durability) echo "machine process" ;;
    --journal) echo "snapshot all" ;;
    --summary) echo "text json none" ;;
    --progress) echo "auto on off" ;;
    --form) echo "2013 2017" ;;
    --speed) echo "1x 10x max" ;;
    --pin) echo "auto none" ;;
  esac
}

_tagtill() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
  local command=tagtill commands i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    commands=" $(_tagtill_commands "$command") "
    if [[ -n "${COMP_WORDS[i]}" && "$commands" == *" ${COMP_WORDS[i]} "* ]]; then
      command+=" ${COMP_WORDS[i]}"
    fi
  done

  local values
  values="$(_tagtill_values "$before")"
  if [[ -n "$values" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
  elif [[ "$word" == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_tagtill_options "$command") --help" -- "$word")
  elif [[ "$before" != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_tagtill_commands "$command")" -- "$word")
  fi
}

# Where nothing of it fits: names of files.
complete -o bashdefault -o default -F _tagtill tagtill
