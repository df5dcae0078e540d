# shellcheck shell=sh
# without_desync FOLDER: PATH without the desync that may be installed on this machine; what lies
# beside it is reached through links in FOLDER.
without_desync() {
  path=
  rest=$PATH:
  while [ "$rest" ]; do
    at=${rest%%:*}
    rest=${rest#*:}
    if [ -e "$at/desync-hook" ]; then
      links=$(mktemp -d "$1/XXXXXX")
      ln -s "$at"/* "$links"
      rm "$links"/desync-*
      at=$links
    fi
    path=${path:+$path:}$at
  done
  PATH=$path
}
