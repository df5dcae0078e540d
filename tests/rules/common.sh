# shellcheck shell=sh
# Read by `run`, which is called with the folder of the programs. On top of what
# ../gate/common.sh gives: repositories made from a rule's tree, and what may be said of them.
# The settings of a rule come from its file `rule.sh`; README.md says what they are.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$here/../gate/common.sh"
PATH=$bin:$PATH
began=$(date -u +%Y-%m-%dT)

# ---- Settings ----------------------------------------------------------------

# What a rule does not say.
# shellcheck disable=SC2034,SC2317,SC2154 # for run
defaults() {
  use=$name rule=$name others=0 one='' nobody='' other='' forms='' code=status-mismatch found=1
  copies=2 prefer='' was='' to='' illegal='' illegal_of='' cycle='' crowd='' variants='' also='' place='' items=0 many_agree=0 counted=1 folder=$here/$name
  left_out='' stages='' mends=''
  desync() { :; }
  desync_all() { :; }
  as_set() { :; }
  as_fixed() { :; } # what a repair makes of other spellings
}

# leave_out PART REASON: a part of the suite that cannot be, for this rule
leave_out() {
  left_out="$left_out $1 "
  echo "$name: left out: $1: $2"
}

is_left_out() {
  case $left_out in
  *" $1 "*) return 0 ;;
  esac
  return 1
}

# change FILE SED: changes the file, or the test is wrong
change() {
  sed "$2" "$1" >"$scratch/changed" || exit 2
  ! cmp -s "$1" "$scratch/changed" || fail "$name: nothing in $1 for: $2"
  cat "$scratch/changed" >"$1"
}

# ---- Repositories --------------------------------------------------------------

tree_files() {
  git ls-files -z | tr '\0' '\n' | grep -v '^\.desync\.yml$'
}

has_last_newline() {
  [ -z "$(tail -c 1 "$1")" ]
}

# The variations: what an editor or another system makes of the same text.
vary() { # VARIATION FILE
  case $1 in
  crlf) if has_last_newline "$2"; then sed -i 's/$/\r/' "$2"; else sed -i '$!s/$/\r/' "$2"; fi ;;
  bom) { printf '\357\273\277' && cat "$2"; } >"$scratch/varied" && cat "$scratch/varied" >"$2" ;;
  end) printf %s "$(cat "$2")" >"$scratch/varied" && cat "$scratch/varied" >"$2" ;;
  bytes) case $2 in
    *.md) has_last_newline "$2" && printf '\nthe \377\376 of old, \303(\n' >>"$2" ;;
    esac ;;
  esac
}

# new_tree [VARIATION [VARIANT]]: the rule's tree, committed, in `repo`, which is the current
# folder then.
new_tree() {
  cd "$scratch" || exit 2
  rm -rf repo
  cp -R "$folder/tree" repo && cd repo || exit 2
  printf 'version: 1\nuse: [%s]\n' "$use" >.desync.yml
  [ -z "${2:-}" ] || "$2"
  git init -q . && git add -A || exit 2
  [ -z "${1:-}" ] || tree_files | while IFS= read -r file; do
    vary "$1" "$file"
  done
  # Twice, as for mission-control HEAD is one of the copies.
  git add -A && git commit -q -m base || exit 2
}

as_committed() {
  git diff --quiet HEAD && [ -z "$(git status --porcelain)" ]
}

# copy_to NAME: what the worktree holds, with the moment of a change written as NOW
copy_to() {
  rm -rf "${scratch:?}/$1"
  mkdir "$scratch/$1"
  git ls-files -z --cached --others | xargs -0 cp -P --parents -t "$scratch/$1" || exit 2
  moment="\\($began\\|$(date -u +%Y-%m-%dT)\\)[0-9:.]*Z"
  grep -rlZ "$moment" "$scratch/$1" | xargs -0r sed -i "s/$moment/NOW/g"
}

# same NAME NAME: two such copies
same() {
  diff -r "$scratch/$1" "$scratch/$2" >"$scratch/differs" 2>&1 && return
  head -n 20 "$scratch/differs"
  return 1
}

# ---- What a report says --------------------------------------------------------

# summary AGREE DESYNCED: of the JSON report in $scratch/out
summary() {
  checks=$((checks + 1))
  grep -qF "\"items\": $((items + others)), \"agree\": $1, \"desync\": $2," "$scratch/out" && return
  fail "$name: $1 agree, $2 desynced: $(grep summary "$scratch/out")"
  cat "$scratch/err"
}

# Our own strict scanner, which is not what wrote it, takes it for JSON.
valid_json() {
  rm -rf "$scratch/valid"
  mkdir -p "$scratch/valid/.specweave/increments/0001-x"
  cp "$1" "$scratch/valid/.specweave/increments/0001-x/metadata.json"
  desync-scan -C "$scratch/valid" --rule specweave -v >"$scratch/judged" 2>&1
  ! grep -q malformed "$scratch/judged"
}

# What is printed behind "repair:", once for each.
repairs_said() {
  cat "$scratch/out" "$scratch/err" | sed -n 's/^    repair: \(desync-\|git \)/\1/p'
}

# run_repairs: all of it, by a shell, as a person pastes it
run_repairs() {
  repairs_said >"$scratch/pasted"
  [ -s "$scratch/pasted" ] && sh -e "$scratch/pasted" >"$scratch/ran" 2>&1 </dev/null && return
  cat "$scratch/pasted" "$scratch/ran"
  return 1
}

# Every copy of the item says so, in whatever word it has for that.
says_status() { # ID STATUS
  desync-set --expect "$2" -- "$1" "$2" >"$scratch/said" 2>&1 || {
    cat "$scratch/said"
    return 1
  }
}
