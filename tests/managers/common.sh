# Read by the tests of this folder, one a hook manager, which are called with the source
# folder, the build folder of the checks and, if not that of the check `gcc`, the folder
# of the programs. A manager that cannot be had is skipped, and says so: exit status 77.
# shellcheck shell=sh disable=SC2034
set -eu

source=$1
. "$source/tests/support/path.sh"
build=$2
programs=${3:-$build/gcc/src/cli}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/desync-managers-XXXXXX")
repo=$scratch/repo
item=.specweave/increments/0001-a
failures=0

finish() {
  status=$?
  trap - EXIT
  [ "$failures" -eq 0 ] || status=1
  case $status in
  0 | 77) rm -rf "$scratch" ;;
  *) echo "FAILED; kept: $scratch" ;;
  esac
  exit "$status"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

skip() {
  echo "SKIPPED: $*"
  exit 77
}

# check WHAT COMMAND...
check() {
  what=$1
  shift
  if "$@"; then
    echo "ok: $what"
  else
    echo "FAILED: $what"
    failures=$((failures + 1))
  fi
}

# ---- Getting the manager ----------------------------------------------------------

# apt_get PACKAGE...: installs, as .ci/run does
apt_get() {
  as_root=
  [ "$(id -u)" -eq 0 ] || as_root=sudo
  command -v apt-get >/dev/null || skip "$*: neither here nor to be had with apt"
  for command in update "install -y --no-install-recommends $*"; do
    # Words are meant to be split.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      $command >"$scratch/log" 2>&1 </dev/null || true
  done
}

# npm_get NAME: what the check `npm` got; its commands are in $bin
npm_get() {
  bin=$build/npm/$1/node_modules/.bin
  [ -x "$bin/$1" ] || skip "the check npm could not get $1"
}

# ---- A repository -----------------------------------------------------------------

[ -x "$programs/desync-hook" ] || {
  echo "FAILED: $programs: desync-hook is not there"
  exit 1
}

# put STATUS-IN-METADATA STATUS-IN-SPEC
put() {
  mkdir -p "$item"
  printf '{\n  "id": "0001-a",\n  "status": "%s"\n}\n' "$1" >"$item/metadata.json"
  printf -- '---\nincrement: 0001-a\nstatus: %s\n---\n\n# A\n' "$2" >"$item/spec.md"
}

# begin: in a repository with a good commit and a remote, nobody's configuration but this
begin() {
  # Where this runs in a hook itself; the names are words.
  # shellcheck disable=SC2046
  unset $(git rev-parse --local-env-vars)
  export HOME="$scratch/home" XDG_CONFIG_HOME="$scratch/home" GIT_CONFIG_NOSYSTEM=1
  export GIT_CONFIG_GLOBAL="$scratch/home/gitconfig"
  unset CI HUSKY LEFTHOOK SKIP
  mkdir "$scratch/path"
  without_desync "$scratch/path"
  without=$PATH
  PATH=$programs:${bin:+$bin:}$PATH
  mkdir "$scratch/home"
  git config --global user.name test
  git config --global user.email test@example.invalid
  git config --global init.defaultBranch main
  git init -q --bare "$scratch/remote.git"
  git init -q "$repo"
  cd "$repo"
  git remote add origin "$scratch/remote.git"
  put active active
  echo one >other
  git add .
  git commit -q -m "a good start"
}

# ---- What every manager must do ----------------------------------------------------

head_of() {
  git -C "$1" rev-parse -q --verify "$2" || echo none
}

# passes WHAT COMMAND...
passes() {
  passing=$1
  shift
  before=$(head_of "$repo" HEAD)
  result=0
  "$@" >"$scratch/out" 2>&1 </dev/null || result=$?
  check "$passing passes" [ "$result" -eq 0 ]
  [ "$result" -eq 0 ] || cat "$scratch/out"
}

# blocked WHAT TEXT COMMAND...: with that text, and HEAD stays
blocked() {
  blocking=$1
  text=$2
  shift 2
  before=$(head_of "$repo" HEAD)
  result=0
  "$@" >"$scratch/out" 2>&1 </dev/null || result=$?
  check "$blocking is blocked: exit $result" [ "$result" -ne 0 ]
  check "HEAD stays" [ "$(head_of "$repo" HEAD)" = "$before" ]
  check "it says: $text" grep -qF -e "$text" "$scratch/out"
  grep -qF -e "$text" "$scratch/out" || cat "$scratch/out"
}

message='metadata.json says completed, spec.md says active'

commits() {
  echo two >other
  passes "a commit of something else" git commit -q -a -m other
  put paused paused
  git add .
  passes "a commit of both copies" git commit -q -m both
  put completed active
  echo three >other
  git add other
  passes "a commit without what differs in the worktree" git commit -q -m other
  blocked "a desynced commit" "$message" git commit -q -a -m bad
  git add .
  blocked "a desynced commit that is staged" "$message" git commit -q -m bad
  git reset -q --hard
  git rm -q "$item/spec.md"
  blocked "a commit that deletes one copy" 0001-a git commit -q -m bad
  git reset -q --hard
}

# A clean merge: git calls pre-merge-commit only.
merges() {
  git checkout -q -b side
  put completed active
  git commit -q -a --no-verify -m "a desync on a branch"
  git checkout -q main
  echo four >other
  git commit -q -a -m other >"$scratch/out" 2>&1
  blocked "a merge of a desync" "$message" git merge -q side
  git merge --abort 2>/dev/null || git reset -q --hard
}

# A desync that came past the commit gate, on a branch of its own as well.
slip() {
  put completed active
  git commit -q -a --no-verify -m "past the commit gate"
  git branch -q -f bad
}

# push_blocked REF: and the remote stays as it is
push_blocked() {
  there=$(head_of "$scratch/remote.git" "$1")
  blocked "a push of a desync, $1" "$message" git push -q origin "$1"
  check "the remote stays" [ "$(head_of "$scratch/remote.git" "$1")" = "$there" ]
}

pushes() {
  slip
  push_blocked main # to a remote that has nothing yet
  git reset -q --hard HEAD~
  passes "a push of what agrees" git push -q origin main
  slip
  push_blocked main
  blocked "a new message for a desync" "$message" git commit -q --amend -m bad
  git reset -q --hard HEAD~
  push_blocked bad # which is not checked out
}

# A gate that is not there must not let pass.
missing_program() {
  put active active
  git add .
  PATH=${bin:+$bin:}$without blocked "a commit without the program" desync-hook git commit -q -m bad
  git reset -q --hard
}

# left_alone HOOK: our installer neither replaces nor moves what the manager wrote
left_alone() {
  cp "$1" "$scratch/hook"
  ls -A "$(dirname "$1")" >"$scratch/hooks"
  result=0
  desync-hook install >"$scratch/out" 2>&1 </dev/null || result=$?
  check "desync-hook install refuses: exit $result" [ "$result" -eq 2 ]
  check "it says what to put in" grep -q 'desync-hook run' "$scratch/out"
  check "the manager's hook is untouched" cmp "$1" "$scratch/hook"
  ls -A "$(dirname "$1")" >"$scratch/out"
  check "and nothing lies beside it" diff "$scratch/hooks" "$scratch/out"
}
