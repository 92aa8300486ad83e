# The Debian package: `cmake --build build --target deb` writes build/mcp-gateway_VERSION_ARCHITECTURE.deb. It needs
# dpkg-dev, for the libraries the program depends on. What goes into it is laid out by stage.cmake.
set(GATEWAY_MAINTAINER "The mcp-gateway authors <maintainers@mcp-gateway.example>" CACHE STRING "Who answers for the package")

install(CODE "set(program \"$<TARGET_FILE:mcp-gateway>\")
              set(maintainer \"${GATEWAY_MAINTAINER}\")
              include(\"${CMAKE_CURRENT_LIST_DIR}/stage.cmake\")" COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mcp-gateway)
set(CPACK_PACKAGE_CONTACT ${GATEWAY_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/version.cmake)
set(CPACK_GATEWAY_PROGRAM ${CMAKE_BINARY_DIR}/mcp-gateway)
set(CPACK_COMPONENTS_ALL program debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nodejs, python3")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "serves stdio MCP servers over the network
mcp-gateway starts servers of the Model Context Protocol that only speak
stdio, keeps them running, and serves each of them as SSE and as Streamable
HTTP to any number of clients. It has a status page, health checks, metrics
and JSON logs.

The service is not started before it is configured: see mcp-gateway(1) and
/etc/mcp-gateway/gateway.json.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(name postinst prerm postrm conffiles)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/${name})
endforeach()
# Only what is packed has to be built, not the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
include(CPack)

add_custom_target(deb COMMAND ${CMAKE_CPACK_COMMAND} --config ${CMAKE_BINARY_DIR}/CPackConfig.cmake
                  WORKING_DIRECTORY ${CMAKE_BINARY_DIR} VERBATIM USES_TERMINAL)
add_dependencies(deb mcp-gateway)
