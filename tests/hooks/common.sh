# Read by every test of this folder, which is called with the source folder and that of
# the programs. Gives: source; desync, the program under test; real, the same where it
# was built; scratch, a folder that is kept when the test fails, with a blank and a quote
# in its name; and the functions below. Nobody's configuration of git has a say.
#
# $desync is a copy, so that a test can put another program where the hooks look for it.
# shellcheck shell=sh disable=SC2034
set -eu

[ $# -eq 2 ] || {
  echo "usage: $0 SOURCE-DIR PROGRAMS-DIR" >&2
  exit 2
}
source=$1
real=$2/desync-hook
top=$(mktemp -d "${TMPDIR:-/tmp}/desync-hooks-XXXXXX")
scratch="$top/it's here"
failures=0
mkdir -p "$scratch/bin" "$scratch/home" "$scratch/tmp" "$top/path"
. "$source/tests/support/path.sh"
without_desync "$top/path"
desync=$scratch/bin/desync-hook
cp "$real" "$desync"

# Inside a hook git is told of a repository.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars)
export HOME="$scratch/home" TMPDIR="$scratch/tmp"
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.invalid \
  GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.invalid
unset XDG_CONFIG_HOME DESYNC_HOOK_ALONE
git config --global init.defaultBranch main
git config --global protocol.file.allow always

finish() {
  status=$?
  trap - EXIT
  [ "$failures" -eq 0 ] || status=1
  if [ "$status" -eq 0 ]; then
    chmod -R u+rwx "$top"
    rm -rf "$top"
  else
    echo "FAILED; kept: $top"
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

# expect STATUS COMMAND...: its output in $top/out and $top/err
expect() {
  wanted=$1
  shift
  result=0
  "$@" >"$top/out" 2>"$top/err" </dev/null || result=$?
  if [ "$result" -eq "$wanted" ]; then
    echo "ok: exit $wanted: $*"
  else
    fail "exit $result instead of $wanted: $*"
    cat "$top/out" "$top/err"
  fi
}

# says TEXT: the output of the last command has it in one of its lines
says() {
  if grep -qF -e "$1" "$top/out" "$top/err"; then
    echo "ok: it says: $1"
  else
    fail "it does not say: $1"
    cat "$top/out" "$top/err"
  fi
}

quiet() {
  check "it says nothing" [ ! -s "$top/out" ]
  check "... and nothing is wrong" [ ! -s "$top/err" ]
}

# repo NAME: a new one, which is $repo, with its folder of hooks in $hooks
repo() {
  repo=$scratch/$1
  git init -q --template= "$repo"
  hooks=$repo/.git/hooks
}

# hook NAME LINE...: a hook of somebody's, in $hooks
hook() {
  mkdir -p "$hooks"
  name=$1
  shift
  { echo '#!/bin/sh' && printf '%s\n' "$@"; } >"$hooks/$name"
  chmod 755 "$hooks/$name"
}

# picture DIR: names, kinds, permissions, times, link targets and contents
picture() {
  (cd "$1" && find . ! -type d -printf '%p %y %m %T@ %l\n' &&
    find . -type d -printf '%p %m\n' &&
    find . -type f -exec cksum {} +) | LC_ALL=C sort
}

# stub_exits STATUS: where the hooks look for the program is one that writes down how it
# was called, and exits so
stub_exits() {
  rm -f "$desync"
  cat >"$desync" <<END
#!/bin/sh
printf '%s\n' "\$*" >>"$top/called"
cat >"$top/told"
env >"$top/environment"
pwd >"$top/cwd"
exit $1
END
  chmod 755 "$desync"
  rm -f "$top/called" "$top/told"
}

stub() {
  stub_exits 0
}

unstub() {
  rm -f "$desync"
  cp "$real" "$desync"
}

# called WITH: the stub was called once since it was made
called() {
  check "the gate is called: $1" [ "$(cat "$top/called" 2>&1)" = "$1" ]
}

not_called() {
  check "the gate is not called" [ ! -e "$top/called" ]
}

# commit STATUS: what committing comes to, in $repo
commit() {
  rm -f "$top/called"
  expect "$1" git -C "$repo" commit -q --allow-empty -m "$repo"
}
