# The built-in configurations as strings of C, and a table of what each says of itself. A
# new one is one file more here. Lines that are comments are left empty, so that a line of a
# message is a line of the file.
set(builtins adr-index bmad conductor custodian gsd mission-control specweave task-master)

set(DESYNC_BUILTIN_TEXTS "")
set(DESYNC_BUILTIN_TABLE "")
foreach(name ${builtins})
  set(file ${CMAKE_CURRENT_SOURCE_DIR}/rules/builtin/${name}.yml)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(REGEX MATCH "\nabout: ([^\n]+)" unused "${text}")
  set(about "${CMAKE_MATCH_1}")
  set(automatic false)
  if(text MATCHES "\nautomatic: true\n")
    set(automatic true)
  endif()

  # Every "- {in: FOLDER, marker: PATH}" or "- {marker: PATH}" of the file.
  string(REGEX MATCHALL "\n  - {(in: [^,}]+, )?marker: [^}]+}" lines "${text}")
  set(fits "")
  foreach(line ${lines})
    set(in "")
    if(line MATCHES "in: ([^,]+), ")
      set(in "${CMAKE_MATCH_1}/")
    endif()
    string(REGEX MATCH "marker: ([^}]+)}" unused "${line}")
    string(APPEND fits "\t{\"${in}\", \"${CMAKE_MATCH_1}\"},\n")
  endforeach()

  string(REGEX REPLACE "(^|\n) *#[^\n]*" "\\1" text "${text}")
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n\"" text "${text}")
  string(MAKE_C_IDENTIFIER ${name} symbol)
  string(APPEND DESYNC_BUILTIN_TEXTS
    "static const struct ds_fit ${symbol}_fits[] = {\n${fits}\t{0},\n};\n"
    "static const char ${symbol}_text[] =\n\"${text}\";\n\n")
  string(APPEND DESYNC_BUILTIN_TABLE
    "\t{\"${name}\", \"${about}\", ${automatic}, ${symbol}_fits, ${symbol}_text},\n")
endforeach()
configure_file(rules/builtins.c.in ${CMAKE_CURRENT_BINARY_DIR}/builtins.c @ONLY)
target_sources(ds_rules PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/builtins.c)
