# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
increments=.specweave/increments
items=8
one=0047-us-task-linkage
forms='47 0047 0047-us specweave:0047-us-task-linkage'
other=0118E-hotfix
spec=$increments/0047-us-task-linkage/spec.md
place=$spec:5:9
was=active to=completed
illegal=backlog illegal_of=0001-first-login
cycle='active paused'
crowd='0001-first-login 0002-password-reset 003-three-digits 0013-v0.8.0-stabilization
  0047-us-task-linkage 0048-backlogged 0118E-hotfix 0119-given-up'
variants=without_configuration
also=open_box

without_configuration() { rm .desync.yml; }

desync() { change "$spec" '/^status:/s/active/paused/'; }

desync_all() {
  for file in "$increments"/0*/spec.md; do
    change "$file" '2,6{/^status:/{
      s/in-progress\|active\|ready for review/completed/;t
      s/completed\|planned\|backlog\|paused\|cancelled/active/;};}'
  done
}

as_fixed() {
  change "$increments/0002-password-reset/spec.md" '/^status:/s/in-progress/active/'
  change "$increments/003-three-digits/spec.md" '/^status:/s/planned/planning/'
  change "$increments/0118E-hotfix/spec.md" '/^status:/s/ready for review/ready_for_review/'
  change "$increments/0119-given-up/spec.md" '/^status:/s/cancelled/abandoned/'
}

as_set() {
  change "${spec%/*}/metadata.json" 's/"active"/"completed"/
    s/"2025-11-20T12:00:00Z"/"NOW"/'
  change "$spec" '/^status:/s/active/completed/'
}

# As information, and the item agrees.
open_box() {
  change "$increments/0001-first-login/tasks.md" '1,4s/x/ /'
  code=rollup-mismatch place=$increments/0001-first-login/ found=0
}
