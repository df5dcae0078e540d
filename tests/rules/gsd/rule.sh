# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
roadmap=.planning/ROADMAP.md
items=8
one=3
forms='03 gsd:3'
other=1
place=$roadmap:11:3
prefer='progress phases'
cycle='Complete Not_started'
