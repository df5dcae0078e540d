# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
# The second row has a link in its status: read, and left to a person.
index=docs/adr/README.md
items=12
one=7
forms='07 0007 ADR-7 adr-index:7'
nobody=99
other=3
place=$index:23:21
was=Accepted to=Deprecated
cycle='Proposed Accepted'
crowd='1 3 4 5 6 7 10 11'
many_agree=1

desync() { change $index '/Postgres/s/Accepted/Proposed/'; }
desync_all() {
  change $index '17,$s/\([| *]\)\(Accepted\|Deprecated\|Proposed\|Draft\|Rejected\)\([ *|]\)/\1Implemented\3/
    /By another/s/Superseded/Implemented/'
}
as_set() {
  change $index '/Postgres/s/Accepted/Deprecated/'
  change docs/adr/0007-postgres.md "2s/accepted/Deprecated/"
}
