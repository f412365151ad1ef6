# How the demo speaks: headlines, explanations, commands with their output. Colour only on a terminal. Sourced by demo.sh.
# shellcheck shell=bash

BOLD='' DIM='' RED='' RESET=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then BOLD=$'\e[1;36m' DIM=$'\e[2m' RED=$'\e[31m' RESET=$'\e[0m'; fi

headline() { STEP=$((STEP + 1)); printf '\n%s%d. %s%s\n' "$BOLD" "$STEP" "$*" "$RESET"; }
explain() { printf '   %s\n' "$@"; }
fail() { printf '%sdemo: %s%s\n' "$RED" "$*" "$RESET" >&2; exit 1; }

quietly() { # WHAT COMMAND...: one line that says what is done and how long it took; the output goes to the log
  local what=$1 started=$SECONDS; shift
  printf '   %-58s' "$what"
  if "$@" >>"$LOG" 2>&1 </dev/null; then printf ' %3d s\n' $((SECONDS - started)); return; fi
  printf ' failed\n'; tail -n 15 "$LOG" >&2
  fail "this step failed; the whole log is in $LOG"
}

show() { # SHOWN-COMMAND COMMAND...: what one would type, and what it says
  local code=0
  try "$@" || code=$?
  [ $code -eq 0 ] || fail "the command above failed ($code)"
}

try() { # the same, of a command that may fail
  printf '   %s$ %s%s\n' "$DIM" "$1" "$RESET"; shift
  "$@" 2>&1 </dev/null | sed 's/^/     /'
}
