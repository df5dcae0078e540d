# shellcheck shell=sh
# The words that the setup of a case may use; the runner reads this file before it.
# Items lie in .specweave/increments; texts are formats of printf, so that \033 and \000 can
# be written (and % is %%).

increments=.specweave/increments

# json ID TEXT: its metadata.json is TEXT, byte for byte.
json() {
  mkdir -p "$increments/$1"
  # shellcheck disable=SC2059 # a format on purpose
  printf -- "$2" >"$increments/$1/metadata.json"
}

# spec ID TEXT: its spec.md is TEXT, byte for byte.
spec() {
  mkdir -p "$increments/$1"
  # shellcheck disable=SC2059 # a format on purpose
  printf -- "$2" >"$increments/$1/spec.md"
}

# good_json ID STATUS, good_spec ID STATUS: as SpecWeave writes them, the status in line 3.
good_json() {
  json "$1" '{\n  "id": "0000",\n  "status": "'"$2"'",\n  "type": "feature"\n}\n'
}

good_spec() {
  spec "$1" '---\nincrement: 0000\nstatus: '"$2"'\ntype: feature\n---\n\n# A spec\n'
}

# item ID JSON_STATUS [SPEC_STATUS]: a whole item.
item() {
  good_json "$1" "$2"
  good_spec "$1" "${3-$2}"
}

# repeat COUNT CHARACTER
repeat() {
  head -c "$1" /dev/zero | tr '\0' "$2"
}
