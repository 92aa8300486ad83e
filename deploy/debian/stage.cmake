# What the package has beside the program, put where CPack collects it. `program` and `maintainer` are set.
set(usr $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX})
cmake_path(GET usr PARENT_PATH stage)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH deploy)
cmake_path(GET deploy PARENT_PATH root)
set(documentation ${usr}/share/doc/mcp-gateway)

# compress(SOURCE TARGET): as Debian wants it, and the same bytes each time.
function(compress source target)
  cmake_path(GET target PARENT_PATH folder)
  file(MAKE_DIRECTORY ${folder})
  execute_process(COMMAND gzip -9n INPUT_FILE ${source} OUTPUT_FILE ${target} COMMAND_ERROR_IS_FATAL ANY)
  file(CHMOD ${target} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

# The unit is the one of docs/install.md, which has the program elsewhere.
function(stage_unit)
  file(READ ${deploy}/systemd/mcp-gateway.service unit)
  string(REPLACE /usr/local/bin/ /usr/bin/ unit "${unit}")
  file(WRITE ${stage}/lib/systemd/system/mcp-gateway.service "${unit}")
endfunction()

# Debian's list of changes is of the packaging; CHANGELOG.md goes along.
function(stage_changes)
  execute_process(COMMAND date --utc --rfc-email --date ${build_date} OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(changes ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian)
  file(WRITE ${changes} "mcp-gateway (${CPACK_DEBIAN_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Package of this version; changelog.gz has what changed in it.

 -- ${maintainer}  ${date}
")
  compress(${changes} ${documentation}/changelog.Debian.gz)
  compress(${root}/CHANGELOG.md ${documentation}/changelog.gz)
  file(REMOVE ${changes})
endfunction()

set(CPACK_GATEWAY_PROGRAM ${program})
include(${deploy}/debian/version.cmake)
stage_unit()
stage_changes()
compress(${deploy}/man/mcp-gateway.1 ${usr}/share/man/man1/mcp-gateway.1.gz)
file(COPY ${deploy}/debian/copyright DESTINATION ${documentation})
set(completions ${usr}/share/bash-completion/completions)
file(COPY ${deploy}/bash-completion/mcp-gateway DESTINATION ${completions})
foreach(name mcp-server load-balancer health-check)  # its other names, which gateway/CMakeLists.txt installs
  file(CREATE_LINK mcp-gateway ${completions}/${name} SYMBOLIC)
  file(CREATE_LINK mcp-gateway.1.gz ${usr}/share/man/man1/${name}.1.gz SYMBOLIC)
endforeach()
file(COPY ${deploy}/debian/gateway.json DESTINATION ${stage}/etc/mcp-gateway)

# The umask of whoever builds must not show in the package.
execute_process(COMMAND chmod -R u=rwX,go=rX ${stage} COMMAND_ERROR_IS_FATAL ANY)
