# shellcheck shell=sh
# Read by the tests of this folder, which are called with the folder of the programs. Gives:
# bin; scratch, a folder that is kept when a test fails; a git without anybody's
# configuration; and the functions below.
set -u

bin=$(cd "${1:?usage: $0 BIN_DIR}" && pwd) || exit 2
shift
hook=$bin/desync-hook
failures=0
checks=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/desync-gate-XXXXXX") || exit 2
scratch=$(cd "$scratch" && pwd -P)

finish() {
  status=$?
  trap - EXIT
  cd /
  if [ "$failures" -eq 0 ] && [ "$status" -eq 0 ]; then
    chmod -R u+rwx "$scratch" 2>/dev/null
    rm -rf "$scratch"
    exit 0
  fi
  echo "kept: $scratch"
  [ "$status" -ne 0 ] || status=1
  exit "$status"
}
trap finish EXIT
trap 'exit 2' HUP INT TERM

# Whatever git tells a hook that this test may run in is none of ours.
# shellcheck disable=SC2046 # names are words
unset $(git rev-parse --local-env-vars) GIT_PREFIX XDG_CONFIG_HOME NO_COLOR
export HOME="$scratch/home" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL="$scratch/home/.gitconfig"
export GIT_EDITOR=true GIT_TERMINAL_PROMPT=0 GIT_MERGE_AUTOEDIT=no LC_ALL=C.UTF-8
mkdir "$HOME"
git config --global user.name tester
git config --global user.email tester@example.invalid
git config --global init.defaultBranch main
git config --global protocol.file.allow always
git config --global advice.detachedHead false

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# check WHAT COMMAND...
check() {
  checked=$1
  shift
  checks=$((checks + 1))
  "$@" || fail "$checked"
}

# status_of COMMAND...: its output in $scratch/out and err, its status in result
status_of() {
  result=0
  "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || result=$?
}

# expect STATUS COMMAND...
expect() {
  wanted=$1
  shift
  status_of "$@"
  checks=$((checks + 1))
  [ "$result" -eq "$wanted" ] && return
  fail "exit $result instead of $wanted: $*"
  cat "$scratch/out" "$scratch/err"
}

# says TEXT: what the last command said has it in a line
says() {
  checks=$((checks + 1))
  grep -qF -e "$1" "$scratch/out" "$scratch/err" && return
  fail "it does not say: $1"
  cat "$scratch/out" "$scratch/err"
}

says_nothing() {
  checks=$((checks + 1))
  [ -s "$scratch/out" ] || [ -s "$scratch/err" ] || return 0
  fail "it is not silent: $(cat "$scratch/out" "$scratch/err")"
}

# With DESYNC_THIN=N (and without DESYNC_LONG=1) only every N-th of a table's rows is tried, others with each commit.
source=$(cd "$(dirname "$0")/../.." && pwd)
. "$source/tests/support/turn.sh"
rows=$(turn "${DESYNC_THIN:-1}")
is_our_turn() {
  rows=$((rows + 1))
  [ "${DESYNC_LONG:-}" = 1 ] || [ $((rows % ${DESYNC_THIN:-1})) -eq 0 ]
}

conclude() {
  echo "$((checks - failures)) passed, $failures failed"
  [ "$failures" -eq 0 ]
}

increments=.specweave/increments

# increment ID STATUS-IN-METADATA STATUS-IN-SPEC, in the current folder
increment() {
  mkdir -p "$increments/$1"
  printf '{\n  "id": "%s",\n  "status": "%s"\n}\n' "$1" "$2" >"$increments/$1/metadata.json"
  printf -- '---\nincrement: %s\nstatus: %s\n---\n\n# A spec\n' "$1" "$3" \
    >"$increments/$1/spec.md"
}

# write_forms STATUS-IN-METADATA STATUS-IN-SPEC: an item in each form that a file with a status
# may have. The ids are kept in $forms.
write_forms() {
  forms='0001-plain 0002-minified 0003-bom 0004-escaped 0005-crlf 0006-double 0007-single
    0008-dots 0009-comment 0010-alias 0011-first 0012-last 0013-ünï'
  increment 0001-plain "$1" "$2"
  for id in $forms '0014-a b' '0016-[x]*'; do
    increment "$id" "$1" "$2"
  done
  not_utf8=$increments/$(printf '0015-\377')
  mkdir -p "$not_utf8"
  printf '{"status": "%s"}' "$1" >"$not_utf8/metadata.json"
  printf -- '---\nstatus: %s\n---\n' "$2" >"$not_utf8/spec.md"
  printf '{"status":"%s"}' "$1" >$increments/0002-minified/metadata.json
  printf '\357\273\277{ "status" : "%s" }\n' "$1" >$increments/0003-bom/metadata.json
  printf '\357\273\277---\nstatus: %s\n---\n' "$2" >$increments/0003-bom/spec.md
  printf '{"\\u0073tatus": "%s\\u00%02x"}\n' "${1%?}" "'${1#"${1%?}"}" \
    >$increments/0004-escaped/metadata.json
  printf '{\r\n  "status": "%s"\r\n}\r\n' "$1" >$increments/0005-crlf/metadata.json
  printf -- '---\r\nstatus: %s\r\n---\r\n' "$2" >$increments/0005-crlf/spec.md
  printf -- '---\nstatus: "%s"\n---\n' "$2" >$increments/0006-double/spec.md
  printf -- "---\nstatus: '%s'\n---\n" "$2" >$increments/0007-single/spec.md
  printf -- '---\nstatus: %s\n...\n' "$2" >$increments/0008-dots/spec.md
  printf -- '---\nstatus: %s # so far\n---\n' "$2" >$increments/0009-comment/spec.md
  case $2 in
  active) alias=in-progress ;;
  completed) alias='done' ;;
  *) alias=$2 ;;
  esac
  printf -- '---\nstatus: %s\n---\n' "$alias" >$increments/0010-alias/spec.md
  printf -- '---\nstatus: %s\na: 1\nb: 2\n---\n' "$2" >$increments/0011-first/spec.md
  printf -- '---\na: 1\nb: [2, 3]\nstatus: %s\n---' "$2" >$increments/0012-last/spec.md
}

# shellcheck disable=SC2034 # for whoever reads this file
form_count=16

# make_repository FOLDER [GIT-INIT-OPTION]: every form active, an item that is changed in the
# worktree only, and the hooks.
make_repository() {
  # The option is one word or none.
  # shellcheck disable=SC2086
  git init -q ${2:-} "$1" || return 1
  cd "$1" || exit 2
  write_forms active active
  increment 0000-dirt active active
  echo 1 >tasks.md
  git add . || return 1
  git commit -q -m base || return 1
  git tag base
  "$hook" install --pre-push >"$scratch/out" 2>&1 || {
    cat "$scratch/out"
    return 1
  }
}

# new_repository [GIT-INIT-OPTION]: one, in `repo`, which is the current folder then. The usual
# one is made once and copied.
new_repository() {
  cd "$scratch" || exit 2
  rm -rf repo
  if [ "${1:-}" ]; then
    make_repository repo "$1"
    return
  fi
  [ -d template ] || (make_repository template) || return 1
  cp -a template repo && cd repo && git update-index -q --refresh
}
