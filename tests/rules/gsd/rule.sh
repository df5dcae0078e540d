# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
roadmap=.planning/ROADMAP.md
items=9
one=2
forms='02'
nobody=99
other=1
place=$roadmap:10:3
prefer='list progress'
was=Complete to='Not started'
cycle='Deferred Complete'
crowd='1 2 3 4 5 6 7 2.1'

desync() { change $roadmap '/^| 2\. /s/Complete/In progress/'; }
desync_all() {
  change $roadmap '/^| [0-9]/{s/Complete/Deferred/;t
    s/Not started\|In progress\|Deferred/Complete/;}'
}
# An open box is any of three, and the first is written.
as_fixed() { change $roadmap '/^| [0-9]/s/In progress\|Deferred/Not started/'; }
as_set() {
  change $roadmap '/Phase 2: Weighing\*/s/\[x\]/[ ]/
    /^| 2\. /s/Complete/Not started/'
}
