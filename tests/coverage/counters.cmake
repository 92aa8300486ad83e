# tests/coverage/run passes this file as CMAKE_PROJECT_INCLUDE. gcov's counters go into the four folders that are
# reported and nowhere else: the rest is built as in Release, so that ccache has it and the tests keep their pace.
function(gateway_add_counters)
  foreach(layer gateway_frontend gateway_backend gateway_mcp gateway_http)
    target_compile_options(${layer} PRIVATE -O0 -U_FORTIFY_SOURCE --coverage -fprofile-update=atomic)
    target_link_options(${layer} INTERFACE --coverage)
  endforeach()
endfunction()
cmake_language(DEFER CALL gateway_add_counters)
