# Read by every test of this folder, which is called with the source and the build
# folder. Gives: source, build; copy, a copy of the source tree from which `install`
# installed to prefix; programs, the names of all of them; scratch, a folder outside of the tree that is kept when the
# test fails; and the functions below.
# shellcheck shell=sh disable=SC2034
set -eu

[ $# -eq 2 ] || {
  echo "usage: $0 SOURCE-DIR BUILD-DIR" >&2
  exit 2
}
source=$1
build=$2
copy="$build/package/a copy"
prefix=$build/package/prefix
scratch=$(mktemp -d)
failures=0
programs='desync-scan desync-check desync-fix desync-set desync-edit desync-init desync-hook'

finish() {
  status=$?
  trap - EXIT
  [ "$failures" -eq 0 ] || status=1
  if [ "$status" -eq 0 ]; then
    rm -rf "$scratch"
  else
    echo "FAILED; kept: $scratch"
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# check WHAT COMMAND...
check() {
  what=$1
  shift
  if "$@"; then
    echo "ok: $what"
  else
    fail "$what"
  fi
}

# status_of COMMAND...: runs it, its output in $scratch/out and err, its status in result
status_of() {
  result=0
  "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || result=$?
}

# expect STATUS COMMAND...
expect() {
  wanted=$1
  shift
  status_of "$@"
  if [ "$result" -eq "$wanted" ]; then
    echo "ok: exit $wanted: $*"
  else
    fail "exit $result instead of $wanted: $*"
    cat "$scratch/out" "$scratch/err"
  fi
}

# says TEXT: the output of the last command has it in one of its lines
says() {
  if grep -qF -e "$1" "$scratch/out" "$scratch/err"; then
    echo "ok: it says: $1"
  else
    fail "it does not say: $1"
    cat "$scratch/out" "$scratch/err"
  fi
}

# increment DIR ID STATUS-IN-METADATA STATUS-IN-SPEC
increment() {
  mkdir -p "$1/.specweave/increments/$2"
  printf '{\n  "id": "%s",\n  "status": "%s"\n}\n' "$2" "$3" \
    >"$1/.specweave/increments/$2/metadata.json"
  printf -- '---\nincrement: %s\nstatus: %s\n---\n\n# %s\n' "$2" "$4" "$2" \
    >"$1/.specweave/increments/$2/spec.md"
}
