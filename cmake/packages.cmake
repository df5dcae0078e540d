# The two packages of a release, both made by CPack:
#
#   the source    cmake --build BUILD --target package_source
#   the .deb      configure with -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_BUILD_TYPE=Release,
#                 build, then (cd BUILD && cpack -G DEB)
#
# What is in the .deb is what `cmake --install` installs, as Debian would have it
# (before-packing.cmake). With SOURCE_DATE_EPOCH set, the same tree gives the same bytes.

# Debian's library folder is searched anyway; a path in the programs is for elsewhere.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(CMAKE_SKIP_INSTALL_RPATH ON)
endif()

# What teams paste.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/hooks DESTINATION ${CMAKE_INSTALL_DATADIR}/desync
  REGEX "/hooks/pre-[a-z-]+$|/lefthook/.*/desync$" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME desync)
set(CPACK_PACKAGE_VENDOR "the desync authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keep every copy of a status the same")
set(CPACK_PACKAGE_DESCRIPTION
"The status of one piece of work is often written down twice: in a JSON
file and in the front matter of a Markdown file. desync finds the items
whose copies disagree, settles them in all copies or in none, and keeps
such an item from being closed or committed.
.
This package has the programs, the git hook, and the library with what is
needed to build against it.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/before-packing.cmake)

set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "the desync authors <desync@example.invalid>")
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/triggers)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS git)

# The same as .gitignore and git itself leave out, and only at the top: a folder with
# such a name may also be on the way to the tree.
string(REGEX REPLACE "([][+.*()^$?|\\{}])" "\\\\\\1" top "${PROJECT_SOURCE_DIR}")
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME desync-${PROJECT_VERSION})
set(CPACK_SOURCE_IGNORE_FILES "^${top}/\\.git(/|$)" "^${top}/build[^/]*(/|$)"
  "\\.(orig|rej)$")
set(CPACK_SOURCE_STRIP_FILES OFF)
include(CPack)
