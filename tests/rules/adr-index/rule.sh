# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
items=8
one=0007
index=docs/adr/README.md
forms='7 007 adr-index:0007'
other=0003
place=$index:1:1
was=accepted to=deprecated
cycle='proposed accepted'
crowd='0001 0002 0003 0004 0005 0006 0007 0008'

desync() { change $index '/Postgres/s/accepted/Proposed/'; }
as_set() {
  change $index '/Postgres/s/accepted/Deprecated/'
  change docs/adr/0007-postgres.md '2s/accepted/deprecated/'
}
