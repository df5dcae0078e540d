# Run by CPack on the folder that it is about to pack. A .deb gets what Debian wants
# beside what was installed, and its man pages compressed.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(result)
    message(FATAL_ERROR "${ARGN}: ${result}")
  endif()
endfunction()

set(staged ${CPACK_TEMPORARY_DIRECTORY})
if(CPACK_GENERATOR STREQUAL "DEB")
  get_filename_component(source ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
  set(doc ${staged}/usr/share/doc/desync)
  file(COPY ${source}/LICENSE ${source}/CHANGELOG.md DESTINATION ${doc})
  file(RENAME ${doc}/LICENSE ${doc}/copyright)
  file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${doc}/changelog.Debian
"desync (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}; changelog.gz has what changed.

 -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  ${date}
")
  file(GLOB pages ${staged}/usr/share/man/man1/*.1 ${staged}/usr/share/man/man5/*.5)
  # -n: no name and no time, so that the same content is the same bytes.
  run(gzip -9nf ${pages} ${doc}/changelog ${doc}/changelog.Debian)
endif()

# Whatever the umask of who packs it.
run(chmod -R u=rwX,go=rX ${staged})
