# Read by what takes a sample, with the folder of the sources in $source. Gives the functions below.
# shellcheck shell=sh disable=SC2154
ours() {
  git -C "$source" -c safe.directory='*' "$@"
}

# (Of a shallow clone nobody knows how many commits it has; the time of the last will do.)
count_commits() {
  if [ "$(ours rev-parse --is-shallow-repository 2>/dev/null)" = true ]; then
    ours log -1 --format=%ct
  else
    ours rev-list --count HEAD 2>/dev/null || echo 0
  fi
}

# turn N: a number that goes on with each commit, for a sample of every N-th: N in a row see all
# (or, where a block ends among them, nearly all). It is the sum of the digits, to the base N, of
# how many commits there are: that number itself leaves the same rest again and again to who
# always makes a multiple of N.
turn() {
  [ "$1" -gt 1 ] || { echo 0; return; }
  count_commits | awk -v base="$1" '{
    for (n = $1; n > 0; n = (n - n % base) / base)
      sum += n % base
    print sum + 0
  }'
}
