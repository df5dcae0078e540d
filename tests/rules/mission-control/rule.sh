# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
tasks=mission_control/data/tasks.json
items=8
one=task-102
forms='mission-control:task-102'
other=task-104
place=$tasks:16:16
code=uncommitted-status found=0 copies=2 counted=0 many_agree=8
was=active to='done'
cycle='review done'
crowd='101 task-102 task-103 task-104 task-105 task-106 107 task-108'
variants='an_object'
prefer='HEAD HEAD'
stages=graded # HEAD is beside the worktree alone; the index and a commit keep the constraint
also='graded written_back twice thousand'

an_object() {
  change $tasks '1s/\[/{"version": 42, "status": "fine", "tasks": [/
    $s/]/]}/'
}

desync() { change $tasks '/"id": "task-102"/,/}/s/"active"/"blocked"/'; }
desync_all() {
  change $tasks '/^  *"status"\|^  {"id"/s/\("status" *: "\)[a-z_]*"/\1assigned"/
    /task-103/s/assigned/review/
    29s/assigned/review/'
}
as_set() {
  change $tasks '/"id": "task-102"/,/}/{
    s/"active"/"done"/
    s/"2025-02-02T10:00:00.000Z"/"NOW"/;}'
}

graded() {
  change $tasks '/"id": "task-102"/,/}/s/"reviewGrade": null/"reviewGrade": "C"/'
  code=constraint place=$tasks:23:21 found=1
}

# An old status over a new one: HEAD is believed.
written_back() {
  change $tasks '29s/done/active/'
  code=constraint place=$tasks:30:21 found=1 mends=yes
}

twice() {
  change $tasks 's/"task-108"/"task-103"/'
  code=duplicate-item place=$tasks: found=2
}

thousand() {
  seq 1001 2000 | sed 's/.*/  {"id": "task-&", "status": "inbox"},/' >"$scratch/more"
  sed -i "1r $scratch/more" $tasks
  git commit -q -a -m more
  code='' place='note: one file that everybody rewrites' found=0
}
