# shellcheck shell=sh disable=SC2034,SC2317,SC2016,SC2154 # read by ../run
folder_of_tasks=.taskmaster/tasks
items=8
one=2
forms='02 task-master:2'
nobody=99
other=12
place=$folder_of_tasks/task_002.txt:3:11
was=in-progress to=review
cycle='pending in-progress'
crowd='1 2 3 4 5 6 7 12'
variants='bare'

bare() {
  change $folder_of_tasks/tasks.json '2d'
  change $folder_of_tasks/tasks.json '$d'
}

desync() { change $folder_of_tasks/task_002.txt 's/# Status: in-progress/# Status: pending/'; }
desync_all() {
  for file in "$folder_of_tasks"/task_*.txt; do
    change "$file" '3{s/# Status: pending/# Status: done/;t
      s/# Status: .*/# Status: pending/;}'
  done
}
as_set() {
  change $folder_of_tasks/tasks.json '/"id": 2,/,/dependencies/s/"in-progress"/"review"/'
  change $folder_of_tasks/task_002.txt '3s/in-progress/review/'
}
