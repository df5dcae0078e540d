# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
items=8
one=faster_search_20250910
forms='faster conductor:faster_search_20250910'
other=dark_mode_20250911
place=conductor/tracks.md:14:4
was=in_progress to=completed
cycle='in_progress completed'

desync() { change conductor/tracks.md '/Faster/s/\[~\]/[ ]/'; }
as_set() {
  change conductor/tracks.md '/Faster/s/\[~\]/[x]/'
  change conductor/tracks/faster_search_20250910/metadata.json 's/in_progress/completed/'
}
