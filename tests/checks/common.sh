# Read by the checks, which are called with the source folder and the build folder
# of the checks. Gives: source, build, and the functions below.
# shellcheck shell=sh disable=SC2034
set -eu

source=$1
build=$2
shift 2
. "$source/tests/support/turn.sh"

if command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=Ninja
fi

fail() {
  echo "FAILED: $*"
  exit 1
}

# configure NAME COMPILER CMAKE-ARGUMENT...: for a build of the tree in $build/NAME, whose
# warnings are errors
configure() {
  dir=$build/$1
  compiler=$2
  shift 2
  cmake -S "$source" -B "$dir" -DCMAKE_C_COMPILER="$compiler" -DDESYNC_WERROR=ON "$@"
}

# sample N: of the lines on stdin every N-th, others with each commit; with DESYNC_LONG=1 all of
# them
sample() {
  [ "${DESYNC_LONG:-}" != 1 ] || { cat; return; }
  awk -v every="$1" -v turn="$(turn "$1")" '(NR + turn) % every == 0'
}

# The unit tests, by the names of their programs, that are run under valgrind this time.
unit_sample() {
  (cd "$source/tests/unit" && printf '%s\n' test_*.c) | sed 's/^test_/unit-/; s/\.c$//' | sample 28
}

# files PATTERN...: those that belong to the project, also when not yet committed
files() {
  ours ls-files -co --exclude-standard -- "$@" |
    while IFS= read -r file; do
      [ ! -f "$source/$file" ] || printf '%s\n' "$file"
    done
}
