# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
artifacts=_bmad-output/implementation-artifacts
items=8
one=1-2-print-a-label
forms='1-2-print bmad:1-2-print-a-label'
other=2-2-pick-up-service
place=$artifacts/sprint-status.yaml:17:23
prefer='story sprint-status.yaml'
was=review to='done'
cycle='review in-progress'
crowd='1-1-weigh-a-parcel 1-2-print-a-label 1-3-track-a-parcel 2-1-return-a-parcel
  2-2-pick-up-service 2-3-big-parcels 2-4-small-parcels 2-5-late-parcels'

desync() { change $artifacts/sprint-status.yaml '/1-2-print/s/review/in-progress/'; }
desync_all() {
  change $artifacts/sprint-status.yaml '/^  [0-9]/{
    s/: *["'\'']*backlog/: done/;t
    s/\(: ["'\'']*\)[a-z-]*/\1backlog/;}'
}
as_fixed() { change $artifacts/sprint-status.yaml 's/: drafted/: ready-for-dev/; s/: contexted/: in-progress/'; }
as_set() {
  change $artifacts/sprint-status.yaml '/1-2-print/s/review/done/'
  change $artifacts/1-2-print-a-label.md '3s/review/done/'
}
