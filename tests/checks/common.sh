# Read by the checks, which are called with the source folder and the build folder
# of the checks. Gives: source, build, and the functions below.
# shellcheck shell=sh disable=SC2034
set -eu

source=$1
build=$2
shift 2

if command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=Ninja
fi

fail() {
  echo "FAILED: $*"
  exit 1
}

# compile NAME COMPILER CMAKE-ARGUMENT...: builds the tree in $build/NAME
compile() {
  dir=$build/$1
  compiler=$2
  shift 2
  cmake -S "$source" -B "$dir" -DCMAKE_C_COMPILER="$compiler" "$@"
  cmake --build "$dir" --parallel 2
}

# files PATTERN...: those that belong to the project, also when not yet committed
files() {
  (cd "$source" && git -c safe.directory='*' ls-files -co --exclude-standard -- "$@") |
    while IFS= read -r file; do
      [ ! -f "$source/$file" ] || printf '%s\n' "$file"
    done
}
