# Which version this is. A script, so that a build asks again whenever it runs, not only when it is configured:
#   cmake -P gateway/version.cmake                                               prints version, revision and date
#   cmake -DTEMPLATE=build_info.cc.in -DOUT=build_info.cc -P gateway/version.cmake   writes them, where they changed
#
# The version is the first of these that is known:
#   1. the given one: -DVERSION=1.2.3, and with it -DREVISION=COMMIT
#   2. git's: 1.2.3 at the tag v1.2.3, 1.2.3+4.gCOMMIT four commits later, 0.1.0-dev+gCOMMIT without a tag; `.dirty` is
#      appended where tracked files were changed
#   3. the sources' own: 0.1.0+src.DIGEST, for an archive without history
# The date is SOURCE_DATE_EPOCH or the commit's, never the clock's: the same sources give the same bytes.
cmake_minimum_required(VERSION 3.25)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

function(git variable)
  execute_process(COMMAND git -C ${root} ${ARGN} OUTPUT_VARIABLE said RESULT_VARIABLE code ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT code EQUAL 0)
    set(said "")
  endif()
  set(${variable} "${said}" PARENT_SCOPE)
endfunction()

# An archive that was unpacked within the repository of something else has no history of its own.
function(find_history variable)
  execute_process(COMMAND git -C ${root} rev-parse --show-prefix OUTPUT_VARIABLE below RESULT_VARIABLE code ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(code EQUAL 0 AND below STREQUAL "")
    git(commit rev-parse --short=12 HEAD)
  endif()
  set(${variable} "${commit}" PARENT_SCOPE)
endfunction()

function(version_of_project variable)
  file(STRINGS ${root}/CMakeLists.txt line REGEX "^project\\(" LIMIT_COUNT 1)
  string(REGEX MATCH "VERSION ([0-9.]+)" matched "${line}")
  set(${variable} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

function(version_of_history variable commit)
  git(described describe --tags --long --abbrev=12 --match "v[0-9]*")
  git(changed status --porcelain --untracked-files=no)
  if(described MATCHES "^v(.+)-([0-9]+)-(g[0-9a-f]+)$")
    set(version ${CMAKE_MATCH_1})
    if(CMAKE_MATCH_2 GREATER 0)
      string(APPEND version "+${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
    endif()
  else()
    version_of_project(version)
    string(APPEND version "-dev+g${commit}")
  endif()
  if(changed AND version MATCHES "\\+")
    string(APPEND version ".dirty")
  elseif(changed)
    string(APPEND version "+dirty")
  endif()
  set(${variable} ${version} PARENT_SCOPE)
endfunction()

function(version_of_sources variable)
  file(GLOB_RECURSE sources RELATIVE ${root} ${root}/gateway/*.cc ${root}/gateway/*.h ${root}/gateway/*.in
       ${root}/gateway/*.cmake ${root}/gateway/CMakeLists.txt ${root}/gateway/status_page/*)
  list(REMOVE_DUPLICATES sources)
  list(SORT sources)
  set(digests "")
  foreach(source CMakeLists.txt ${sources})
    file(SHA256 ${root}/${source} digest)
    string(APPEND digests "${digest} ${source}\n")
  endforeach()
  string(SHA256 digest "${digests}")
  string(SUBSTRING ${digest} 0 12 digest)
  version_of_project(version)
  set(${variable} "${version}+src.${digest}" PARENT_SCOPE)
endfunction()

# string(TIMESTAMP) takes what SOURCE_DATE_EPOCH says.
function(find_date variable commit)
  set(date unknown)
  if("$ENV{SOURCE_DATE_EPOCH}" STREQUAL "" AND commit)
    git(seconds log -1 --format=%ct)
    set(ENV{SOURCE_DATE_EPOCH} ${seconds})
  endif()
  if(NOT "$ENV{SOURCE_DATE_EPOCH}" STREQUAL "")
    string(TIMESTAMP date "%Y-%m-%dT%H:%M:%SZ" UTC)
  endif()
  set(${variable} ${date} PARENT_SCOPE)
endfunction()

find_history(commit)
find_date(build_time "${commit}")
if(VERSION)
  set(version ${VERSION})
elseif(commit)
  version_of_history(version ${commit})
else()
  version_of_sources(version)
endif()
set(revision unknown)
if(REVISION)
  set(revision ${REVISION})
elseif(commit)
  set(revision ${commit})
endif()
if(OUT)
  configure_file(${TEMPLATE} ${OUT} @ONLY)
else()
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${version} ${revision} ${build_time}")
endif()
