# Included by CPack and by stage.cmake: the package has the version and the date of the program in it. To Debian, 1.0~rc.1
# comes before 1.0. An archive without history has no date, and the epoch stands for it.
execute_process(COMMAND ${CPACK_GATEWAY_PROGRAM} version OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "^mcp-gateway ([^ ]+) " matched "${said}")
string(REPLACE "-" "~" CPACK_PACKAGE_VERSION "${CMAKE_MATCH_1}")
set(CPACK_DEBIAN_PACKAGE_VERSION ${CPACK_PACKAGE_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(build_date 1970-01-01T00:00:00Z)
if(said MATCHES "built ([0-9][^)]+)")
  set(build_date ${CMAKE_MATCH_1})
endif()
# CPack gives this time to all files: the same program makes the same package.
execute_process(COMMAND date --date ${build_date} +%s OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE)
set(ENV{SOURCE_DATE_EPOCH} ${seconds})
