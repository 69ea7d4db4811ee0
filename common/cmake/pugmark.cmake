# Build helpers of the project: compiler settings, and one function per kind of target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers need a relaxed idea of "unchanged": see the ccache manual, section "Precompiled headers".
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

set(PUGMARK_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")

# Settings that every target of ours shares.
add_library(pugmark_settings INTERFACE)
target_include_directories(pugmark_settings INTERFACE ${CMAKE_SOURCE_DIR})
# -Wno-missing-field-initializers: designated initializers leave out what keeps its default.
target_compile_options(pugmark_settings INTERFACE
  -march=x86-64-v2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-missing-field-initializers -Werror=unused-result -Werror=return-type
  -fstack-protector-strong -fno-omit-frame-pointer -fno-plt)
target_link_options(pugmark_settings INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
target_link_libraries(pugmark_settings INTERFACE Threads::Threads)
if(PUGMARK_SANITIZE)
  target_compile_options(pugmark_settings INTERFACE -fsanitize=${PUGMARK_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(pugmark_settings INTERFACE -fsanitize=${PUGMARK_SANITIZE})
else()
  target_compile_definitions(pugmark_settings INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()

# pugmark_library(NAME SOURCES file... [DEPS target...] [PRIVATE_DEPS target...])
# A static library with the alias pugmark::NAME.
function(pugmark_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  add_library(pugmark::${name} ALIAS ${name})
  target_link_libraries(${name} PUBLIC pugmark_settings ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
endfunction()

# The allocator of programs: glibc's keeps what threads freed in arenas of their own and grows. The linker is told to
# keep it, since no object names a symbol that only it has. Sanitizers bring their own.
if(NOT PUGMARK_SANITIZE)
  find_library(JEMALLOC jemalloc REQUIRED)
endif()

# pugmark_program(NAME SOURCES file... DEPS target...)
# An executable in build/<preset>/bin.
function(pugmark_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE pugmark_settings ${ARG_DEPS})
  if(JEMALLOC)
    # One item: CMake drops the second of two equal ones, and gRPC brings a pop-state of its own.
    target_link_libraries(${name} PRIVATE -Wl,--push-state,--no-as-needed,${JEMALLOC},--pop-state)
  endif()
endfunction()

# pugmark_test(NAME LABEL label SOURCES file... [DEPS target...])
# A Catch2 program whose test cases are registered with ctest under LABEL (unit, conformance, fuzz).
function(pugmark_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE pugmark_settings ${ARG_DEPS} Catch2::Catch2WithMain)
  target_compile_definitions(${name} PRIVATE PUGMARK_TESTDATA="${CMAKE_SOURCE_DIR}/tests/testdata")
  catch_discover_tests(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
endfunction()
