# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
# Two rules: the tasks, in blocks, which have one copy as long as there is no store; and the
# workplans, whose status follows from their tasks.
items=20
one=CUST-WP-0027-all-done
forms='custodian-workplan:CUST-WP-0027-all-done'
other=CUST-WP-0026-T02
place=workplans/CUST-WP-0027-all-done.md:3:9
code=rollup-mismatch copies=1
was='done' to=cancelled
cycle='todo done'
crowd='CUST-WP-0029-T01 CUST-WP-0029-T02 CUST-WP-0029-T03 CUST-WP-0029-T04 CUST-WP-0029-T05
  CUST-WP-0029-T06 CUST-WP-0029-T07 CUST-WP-0029-T08'
leave_out repairs "the rule does not believe the parts, so no repair is printed"
leave_out shows "as above"
leave_out many "as above"

desync() { change workplans/CUST-WP-0027-all-done.md '3s/done/active/'; }
as_set() { change workplans/CUST-WP-0027-all-done.md '3s/done/cancelled/'; }
