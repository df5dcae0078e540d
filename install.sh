#!/bin/sh
# Builds and installs desync, shows it at work, tests it, or removes it.
#
# What an installation put where is written to PREFIX/lib/desync/installed-files
# before the first file is copied, so that even half an installation can be
# removed: one path a line, relative to PREFIX; a directory that the installation
# made ends in a slash.
set -eu

usage() {
  cat <<'END'
usage: ./install.sh [MODE] [--prefix DIR]

Builds desync and installs it to /usr/local (as root) or ~/.local, with what it
needs to build. MODE is one of

  --demo         and shows it at work on a small repository that is thrown away
  --repo DIR     and scans the repository in DIR, and has git keep a desync out of
                 it from now on; the exit status is the scan's, or 2
  --uninstall    removes exactly what was installed there
  --test         installs nothing: builds and runs the tests, with what they need
    --coverage   and measures which lines and branches they take
    --long       kills, cuts the power and tortures at every point instead of a
                 sample: hours instead of minutes
  --help         prints this

  --prefix DIR   install to DIR, or remove from there

Exit status: 0 done; 2 something is missing or failed, and one line says what to
do; with --repo the scan's, with --test the test runner's.
END
}

say() {
  printf '%s\n' "$*"
}

fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 2
}

found() {
  command -v "$1" >/dev/null 2>&1
}

is_root() {
  [ "$(id -u)" -eq 0 ]
}

# ---- What is asked ------------------------------------------------------------

mode=
prefix=
repo=
coverage=
long=

set_mode() {
  [ -z "$mode" ] || fail "--$mode and --$1 at once: choose one"
  mode=$1
}

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
    --repo | --prefix) [ "${2:-}" ] || fail "$1: which folder? write $1 DIR" ;;
    esac
    case $1 in
    --demo | --test | --uninstall) set_mode "${1#--}" ;;
    --repo) set_mode repo && repo=$2 && shift ;;
    --prefix) prefix=$2 && shift ;;
    --coverage) coverage=yes ;;
    --long) long=yes ;;
    --help | -h) usage && exit 0 ;;
    *) fail "$1: no such option: see ./install.sh --help" ;;
    esac
    shift
  done
  [ "$mode" = test ] || [ -z "$coverage" ] || fail "--coverage: it goes with --test only"
  [ "$mode" = test ] || [ -z "$long" ] || fail "--long: it goes with --test only"
  [ "$mode" != test ] || [ -z "$prefix" ] ||
    fail "--prefix: --test installs nothing: leave it out"
  [ -z "$repo" ] || [ -d "$repo" ] || fail "$repo: no such folder: write --repo DIR"
}

# Absolute and without links, though the end of it may not be there yet.
resolve_prefix() {
  case $prefix in
  /*) at=$prefix ;;
  *) at=$PWD/$prefix ;;
  esac
  rest=
  while [ ! -d "$at" ]; do
    rest=/$(basename -- "$at")$rest
    at=$(dirname -- "$at")
  done
  case $rest/ in
  */./* | */../*) fail "$prefix: dots behind a folder that is not there: write it without them" ;;
  esac
  prefix=$(CDPATH='' cd -- "$at" && pwd -P)
  prefix=${prefix%/}$rest
}

# What CMake, the list of installed files or a shell would take for something else.
check_prefix() {
  case $prefix in
  *[\\\"\$\`\;]* | *"
"* | *' ' | *' /'*) fail "$prefix: a folder whose name is safe in scripts, please: choose another --prefix DIR" ;;
  "$source"/build | "$source"/build/*) fail "$prefix: that is where it is built: choose another --prefix DIR" ;;
  esac
}

choose_prefix() {
  if [ -z "$prefix" ] && is_root; then
    prefix=/usr/local
  elif [ -z "$prefix" ]; then
    [ "${HOME:-}" ] || fail "HOME is not set: say where to install: --prefix DIR"
    prefix=$HOME/.local
  fi
  resolve_prefix
  check_prefix
  list=$prefix/lib/desync/installed-files
}

# ---- What is needed -----------------------------------------------------------

# What is looked for, and the packages that bring it with each package manager.
packages='
thing      apt-get           dnf                 pacman     apk            brew
compiler   gcc,libc6-dev     gcc,glibc-devel     gcc        gcc,musl-dev   gcc
cmake      cmake             cmake               cmake      cmake          cmake
builder    make              make                make       make           make
pkg-config pkg-config        pkgconf-pkg-config  pkgconf    pkgconf        pkgconf
yaml-0.1   libyaml-dev       libyaml-devel       libyaml    yaml-dev       libyaml
libcjson   libcjson-dev      cjson-devel         cjson      cjson-dev      cjson
cmark-gfm  libcmark-gfm-dev,libcmark-gfm-extensions-dev - - - cmark-gfm
git        git               git                 git        git            git
c++        g++               gcc-c++             gcc        g++            gcc
criterion  libcriterion-dev  criterion-devel     criterion  criterion-dev  criterion
strace     strace            strace              strace     strace         -
mandoc     mandoc            mandoc              mandoc     mandoc         mandoc
setpriv    util-linux        util-linux          util-linux setpriv        -
dpkg-dev   dpkg-dev,file     -                   -          -              -
'
to_build='compiler cmake builder pkg-config yaml-0.1 libcjson cmark-gfm'
to_test='git c++ criterion strace mandoc setpriv dpkg-dev'

# A compiler without the C library's headers is none.
compiles() {
  dir=$(mktemp -d) || fail "${TMPDIR:-/tmp}: no temporary folder can be made there: set TMPDIR"
  printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' >"$dir/a.c"
  result=0
  "${CC:-cc}" -o "$dir/a" "$dir/a.c" >/dev/null 2>&1 || result=1
  rm -rf "$dir"
  return $result
}

# Its extensions may be a package of their own, which pkg-config does not know.
has_cmark() {
  found pkg-config && flags=$(pkg-config --cflags libcmark-gfm 2>/dev/null) || return 1
  # The flags are words.
  # shellcheck disable=SC2086
  echo '#include <cmark-gfm-core-extensions.h>' | "${CC:-cc}" $flags -E - >/dev/null 2>&1
}

has() {
  case $1 in
  compiler) compiles ;;
  builder) found ninja || found make ;;
  # Only where packages are .deb anyway is one made in a test.
  dpkg-dev) ! found apt-get || { found dpkg-shlibdeps && found file; } ;;
  cmark-gfm) has_cmark ;;
  yaml-0.1 | criterion | libcjson) found pkg-config && pkg-config --exists "$1" ;;
  *) found "$1" ;;
  esac
}

missing_of() {
  list_of=
  for thing in "$@"; do
    has "$thing" || list_of="$list_of $thing"
  done
  printf '%s' "${list_of# }"
}

# packages_for MANAGER THING...
packages_for() {
  printf '%s' "$packages" | awk -v things="$*" '
    BEGIN { n = split(things, wanted, " ") }
    $1 == "thing" { for (i = 2; i <= NF; i++) if ($i == wanted[1]) column = i }
    { names[$1] = $column }
    END {
      for (i = 2; i <= n; i++)
        if (names[wanted[i]] != "-")
          printf "%s ", names[wanted[i]]
    }' | sed 's/,/ /g; s/ $//'
}

as_root() {
  if is_root; then
    "$@"
  else
    sudo "$@"
  fi
}

apt_install() {
  say "installing $*"
  # Lists that could not be refreshed may still be good enough.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
    update >>"$log" 2>&1 </dev/null || true
  logged "installing packages" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
}

name_packages() {
  for manager in dnf pacman apk brew; do
    found "$manager" || continue
    fail "missing: $*: install with $manager: $(packages_for "$manager" "$@")"
  done
  for manager in dnf pacman apk brew; do
    printf 'install.sh: with %s: %s\n' "$manager" "$(packages_for "$manager" "$@")" >&2
  done
  fail "missing: $*: install them, then run this again"
}

# need THING...: installs those that are missing, or says how to.
need() {
  missing=$(missing_of "$@")
  [ "$missing" ] || return 0
  # Words are meant to be split: neither things nor packages have blanks.
  # shellcheck disable=SC2086,SC2046
  if ! found apt-get; then
    name_packages $missing
  elif is_root || found sudo; then
    apt_install $(packages_for apt-get $missing)
  else
    fail "neither root nor sudo: as root, run: apt-get install $(packages_for apt-get $missing)"
  fi
  missing=$(missing_of "$@")
  [ -z "$missing" ] || fail "still missing: $missing: see $log"
}

# ---- Building -----------------------------------------------------------------

start_log() {
  (mkdir -p "$source/build" && : >"$log") 2>/dev/null ||
    fail "$source/build: cannot be written: clone the project to a folder of your own"
}

# logged WHAT COMMAND...: keeps quiet unless it fails.
logged() {
  what=$1
  shift
  printf '$ %s\n' "$*" >>"$log"
  "$@" >>"$log" 2>&1 </dev/null && return 0
  tail -n 15 "$log" >&2
  fail "$what failed: the whole story is in $log"
}

processors() {
  getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
}

# A build folder that came along with a copied tree still points at the original.
drop_foreign_build() {
  [ -e "$1/CMakeCache.txt" ] || return 0
  grep -qxF "CMAKE_CACHEFILE_DIR:INTERNAL=$1" "$1/CMakeCache.txt" || rm -rf "$1"
}

# build DIR CMAKE-ARGUMENT...
build() {
  dir=$1
  shift
  drop_foreign_build "$dir"
  if found ninja; then
    export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"
  fi
  say "building in $dir"
  logged configuring cmake -S "$source" -B "$dir" "$@"
  logged building cmake --build "$dir" --parallel "$(processors)"
}

# ---- The list of installed files ----------------------------------------------

# No line may lead outside of the prefix. The one exception are empty directories above it that were made with it: "../".
check_list() {
  bad=$(awk '
    /^(\.\.\/)+$/ || $0 == "./" { next }
    /^$/ || /^\// || /(^|\/)\.\.?(\/|$)/ { print NR; exit }' "$list")
  [ -z "$bad" ] || fail "$list:$bad: leads out of $prefix: nothing was changed, look at that line"
}

# The directories that paths on stdin lie in.
directories_of() {
  awk '{
    n = split($0, part, "/")
    path = ""
    for (i = 1; i < n; i++) {
      path = path part[i] "/"
      if (!seen[path]++)
        print path
    }
  }'
}

# "./" if the prefix is not there yet, "../" if its parent is not, and so on.
missing_prefix() {
  at=$prefix
  up=./
  while [ ! -d "$at" ]; do
    printf '%s\n' "$up"
    at=$(dirname -- "$at")
    if [ "$up" = ./ ]; then up=../; else up=../$up; fi
  done
}

new_directories() {
  missing_prefix
  directories_of <"$stage.files" | while IFS= read -r dir; do
    [ -d "$prefix/$dir" ] || printf '%s\n' "$dir"
  done
  [ ! -e "$list" ] || grep '/$' "$list" || true
}

# What this version would install, found by installing it into a stage first.
stage_files() {
  rm -rf "$stage"
  logged staging env DESTDIR="$stage" cmake --install "$1"
  (cd "$stage$prefix" && find . ! -type d) >"$stage.found" || fail "staging failed: see $log"
  sed 's|^\./||' "$stage.found" >"$stage.files"
  echo lib/desync/installed-files >>"$stage.files"
  { cat "$stage.files" && new_directories; } | LC_ALL=C sort -u >"$stage.list"
}

# write_list FILE: the list is that file from now on.
write_list() {
  logged "writing $list" mkdir -p "$prefix/lib/desync"
  logged "writing $list" cp "$1" "$list.new"
  logged "writing $list" mv "$list.new" "$list"
}

# Files of the version before that this one no longer has.
remove_obsolete() {
  LC_ALL=C comm -23 "$stage.before" "$stage.list" | grep -v '/$' | while IFS= read -r file; do
    rm -f -- "$prefix/$file"
  done
}

# ---- Installing and removing --------------------------------------------------

check_writable() {
  at=$prefix
  while [ ! -e "$at" ]; do
    at=$(dirname -- "$at")
  done
  [ -d "$at" ] || fail "$at: not a folder: choose another --prefix DIR"
  [ -w "$at" ] || fail "$at: not yours to write: choose another --prefix DIR, or be root"
}

# For programs that link the library; ours find it by themselves.
refresh_linker() {
  if is_root && [ "$prefix" = /usr/local ]; then
    env PATH="$PATH:/usr/sbin:/sbin" ldconfig >/dev/null 2>&1 || true
  fi
}

install_files() {
  stage=$1/stage
  : >"$stage.before"
  if [ -e "$list" ]; then
    check_list
    LC_ALL=C sort -u "$list" >"$stage.before"
  fi
  stage_files "$1"
  LC_ALL=C sort -u "$stage.before" "$stage.list" >"$stage.both"
  write_list "$stage.both"
  logged installing cmake --install "$1"
  remove_obsolete
  write_list "$stage.list"
  rm -rf "$stage" "$stage".*
  refresh_linker
}

install_desync() {
  umask 022
  check_writable
  start_log
  # shellcheck disable=SC2086
  need $to_build "$@"
  build "$source/build/install" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DDESYNC_TESTS=OFF -DDESYNC_WERROR=OFF -DDESYNC_COVERAGE=OFF -DDESYNC_SANITIZE=
  install_files "$source/build/install"
  say "installed in $prefix"
}

remove_files() {
  grep -v -e '/$' -e '^lib/desync/installed-files$' "$list" | while IFS= read -r file; do
    rm -f -- "$prefix/$file" || exit 1
  done
}

# Deepest first; a directory that somebody else uses by now stays.
remove_directories() {
  printf '%s\n' "$1" | grep -v '^\.\{0,2\}/*$' | LC_ALL=C sort -r | while IFS= read -r dir; do
    rmdir "$prefix/$dir" 2>/dev/null || true
  done
  levels=$(printf '%s\n' "$1" | grep -c '^\.\.\{0,1\}/' || true)
  at=$prefix
  while [ "$levels" -gt 0 ] && rmdir "$at" 2>/dev/null; do
    at=$(dirname -- "$at")
    levels=$((levels - 1))
  done
}

uninstall() {
  [ -f "$list" ] || fail "$prefix: nothing is installed there: say where with --prefix DIR"
  check_list
  directories=$(grep '/$' "$list" || true)
  (remove_files && rm -f -- "$list") ||
    fail "$prefix: not all could be removed: be who installed it, and run this again"
  remove_directories "$directories"
  refresh_linker
  say "removed from $prefix"
  say "hooks that it put into repositories are still there, and block commits: remove them," \
    "or run \`desync-hook uninstall\` there from another installation"
}

# ---- Showing ------------------------------------------------------------------

on_path() {
  case :$users_path: in
  *":$prefix/bin:"*) return 0 ;;
  esac
  return 1
}

say_path() {
  on_path || say "$prefix/bin is not on your PATH; add it: export PATH=\"$prefix/bin:\$PATH\""
}

# How the programs are called from here.
program() {
  if on_path; then
    printf '%s' "$1"
  else
    quoted "$prefix/bin/$1" | sed 's/^ //'
  fi
}

# increment ID STATUS-IN-METADATA STATUS-IN-SPEC
increment() {
  mkdir -p ".specweave/increments/$1"
  cat >".specweave/increments/$1/metadata.json" <<END
{
  "id": "$1",
  "status": "$2",
  "type": "feature"
}
END
  cat >".specweave/increments/$1/spec.md" <<END
---
increment: $1
status: $3
---

# $1
END
}

make_demo() {
  increment 0046-login-page completed completed
  increment 0047-us-task-linkage completed active
  # Inside a hook, or beside a repository of its own, git is told to work on that one.
  # The names are words.
  # shellcheck disable=SC2046
  unset $(git rev-parse --local-env-vars)
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  logged "making a repository" git init -q .
  logged "making a repository" git add .
  logged "making a repository" git -c user.name=demo -c user.email=demo@example.invalid \
    commit -q -m "Two increments, one of them desynced"
}

# Words as a shell would have to be given them.
quoted() {
  for word in "$@"; do
    case $word in
    *[!a-zA-Z0-9_./=-]*) printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" ;;
    *) printf ' %s' "$word" ;;
    esac
  done
}

# show STATUS COMMAND...: prints the command, runs it, and wants that exit status.
show() {
  wanted=$1
  shift
  say
  say "\$$(quoted "$@")"
  result=0
  "$@" || result=$?
  say "(exit status $result)"
  [ "$result" -eq "$wanted" ] ||
    fail "the demo: exit status $result where $wanted was expected: please report it"
}

remove_demo() {
  [ -z "${demo:-}" ] || rm -rf "$demo"
}

demo() {
  demo=$(mktemp -d) || fail "${TMPDIR:-/tmp}: no temporary folder can be made there: set TMPDIR"
  trap remove_demo EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  cd "$demo"
  make_demo
  say "a repository with two increments; in 0047 the two copies of the status differ"
  PATH=$prefix/bin:$PATH
  show 1 desync-scan
  show 1 desync-check 0047
  show 0 desync-fix --yes 0047
  show 0 desync-check 0047
  show 0 desync-fix --undo
  say
  say_path
  say "next: in a repository of yours, run $(program desync-scan)"
}

scan_repo() {
  result=0
  say
  say "\$$(quoted desync-scan -C "$repo")"
  "$prefix/bin/desync-scan" -C "$repo" || result=$?
}

# Where there is nothing to judge, or no repository of git's, there is nothing to hook.
hook_repo() {
  hooked=0
  [ "$result" -ne 2 ] || return 0
  git -C "$repo" rev-parse --git-dir >/dev/null 2>&1 || return 0
  say
  say "\$$(quoted desync-hook install -C "$repo")"
  "$prefix/bin/desync-hook" install -C "$repo" || hooked=$?
}

say_next() {
  say
  say_path
  if [ "$hooked" -ne 0 ]; then
    say "next: settle what is said above, then run $(program desync-hook) install there"
    exit 2
  fi
  case $result in
  0) say "next: before you close an item, run $(program desync-check) ID there" ;;
  1) say "next: settle what is said above: run $(program desync-fix) there; it asks before each change" ;;
  *) say "next: settle what is said above, then run $(program desync-scan) there again" ;;
  esac
  exit "$result"
}

# ---- Testing ------------------------------------------------------------------

run_tests() {
  start_log
  # shellcheck disable=SC2086
  need $to_build $to_test
  dir=$source/build/test
  [ -z "$coverage" ] || dir=$source/build/coverage
  build "$dir" -DCMAKE_BUILD_TYPE=Debug -DDESYNC_TESTS=ON -DDESYNC_WERROR=ON \
    -DDESYNC_COVERAGE="${coverage:+ON}"
  [ -z "$coverage" ] || "$source/tests/coverage" --begin "$source" "$dir"
  [ -z "$long" ] || export DESYNC_LONG=1
  result=0
  # One more than there are processors: some of the tests wait.
  (cd "$dir" && ctest --output-on-failure -j"$(($(processors) + 1))" 2>&1) </dev/null || result=$?
  if [ "$coverage" ]; then
    measured=0
    "$source/tests/coverage" "$source" "$dir" || measured=$?
    [ "$result" -ne 0 ] || result=$measured
  fi
  exit "$result"
}

# ---- All of it ----------------------------------------------------------------

self=$(readlink -f -- "$0" 2>/dev/null) || self=$0
source=$(CDPATH='' cd -- "$(dirname -- "$self")" && pwd -P)
log=$source/build/install.log
users_path=$PATH
unset DESTDIR
parse "$@"
[ -z "$repo" ] || repo=$(CDPATH='' cd -- "$repo" && pwd)
[ "$mode" = test ] || choose_prefix

case $mode in
test) run_tests ;;
uninstall) uninstall ;;
demo)
  install_desync git
  demo
  ;;
repo)
  # The hook is installed by asking git where.
  if [ -e "$repo/.git" ]; then install_desync git; else install_desync; fi
  scan_repo
  hook_repo
  say_next
  ;;
*)
  install_desync
  say_path
  say "next: run $(program desync-scan) in a repository, or ./install.sh --demo to see it at work"
  ;;
esac
