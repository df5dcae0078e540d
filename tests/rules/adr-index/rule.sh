# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
items=8
one=0007-postgres
index=docs/adr/README.md
forms="7 007 0007 adr-index:7"
other=3
place=$index:1:1
was=accepted to=deprecated
cycle='proposed accepted'
crowd="1 2 3 4 5 6 7 8"

desync() { change $index '/Postgres/s/accepted/Proposed/'; }
as_set() {
  change $index '/Postgres/s/accepted/Deprecated/'
  change docs/adr/0007-postgres.md '2s/accepted/deprecated/'
}
