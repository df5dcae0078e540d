# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
items=8
one=faster_search_20250910
forms='faster conductor:faster_search_20250910'
other=dark_mode_20250911
place=conductor/tracks.md:12:4
was=in_progress to=completed
cycle='in_progress completed'
crowd='offline_drafts_20250902 faster_search_20250910 dark_mode_20250911 given_up_20250912
  capital_box_20250913 newer_form_20250914 newer_done_20250915 newer_begun_20250916'

desync() { change conductor/tracks.md '/Faster/s/\[~\]/[ ]/'; }
desync_all() {
  change conductor/tracks.md '/Track: in a fence/!{s/^\([#-]*\) \[[xX~]\]/\1 [ ]/;t
    s/^\([#-]*\) \[ \]/\1 [x]/;}'
}
as_fixed() { change conductor/tracks.md "s/\[X\]/[x]/"; }
as_set() {
  change conductor/tracks.md '/Faster/s/\[~\]/[x]/'
  change conductor/tracks/faster_search_20250910/metadata.json 's/in_progress/completed/'
}
