# The library: core, models, optim, inspect and data once; the op files and what else computes with numbers
# once per number type and SIMD level, from the one list ops/ops.def.

set(TG_GENERATED ${PROJECT_BINARY_DIR}/generated)

file(STRINGS ops/ops.def TG_OPS REGEX "^OP\\([a-z0-9_]+\\)$")
list(TRANSFORM TG_OPS REPLACE "^OP\\(([a-z0-9_]+)\\)$" "\\1")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ops/ops.def)
list(TRANSFORM TG_OPS PREPEND "${PROJECT_SOURCE_DIR}/ops/" OUTPUT_VARIABLE TG_OP_FILES)
list(TRANSFORM TG_OP_FILES APPEND ".c")

set(TG_LEVELS_TEXT "")
foreach(level ${TG_SIMD})
  string(APPEND TG_LEVELS_TEXT " X(_${level}, arg)")
endforeach()
configure_file(cmake/tg_config.h.in ${TG_GENERATED}/tg_config.h @ONLY)

string(REPLACE ";" "," TG_OPS_COMMA "${TG_OPS}")
add_custom_command(
  OUTPUT ${TG_GENERATED}/ops_api.h
  COMMAND ${CMAKE_COMMAND} -DOPS=${TG_OPS_COMMA} -DFOLDER=${PROJECT_SOURCE_DIR}/ops
          -DOUTPUT=${TG_GENERATED}/ops_api.h -P ${PROJECT_SOURCE_DIR}/cmake/ops_api.cmake
  DEPENDS ${TG_OP_FILES} ${PROJECT_SOURCE_DIR}/ops/ops.def ${PROJECT_SOURCE_DIR}/cmake/ops_api.cmake
  VERBATIM)
add_custom_target(tg_ops_api DEPENDS ${TG_GENERATED}/ops_api.h)

set(TG_OBJECTS "")
function(tg_objects name)
  add_library(${name} OBJECT ${ARGN})
  add_dependencies(${name} tg_ops_api)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${TG_GENERATED})
  target_compile_options(${name} PRIVATE -include ${TG_GENERATED}/tg_config.h -ffunction-sections -fdata-sections)
  target_link_libraries(${name} PRIVATE tg_flags tg_dependencies)
  set(TG_OBJECTS ${TG_OBJECTS} ${name} PARENT_SCOPE)
endfunction()

file(GLOB TG_SOURCES CONFIGURE_DEPENDS core/*.c models/*.c optim/*.c inspect/*.c data/*.c pictures/*.c)
set(TG_KERNEL_SOURCES core/block.c core/gemm.c core/gemm_block.c core/gemm_dual.c core/gemm_tile.c core/gemm_vector.c
                      core/table_math.c core/vmath.c ops/reduce.c ops/softmax_rows.c optim/update.c)
list(TRANSFORM TG_KERNEL_SOURCES PREPEND "${PROJECT_SOURCE_DIR}/")
list(REMOVE_ITEM TG_SOURCES ${TG_KERNEL_SOURCES})
# An error that the library's own code comes upon names models/mlp.c, and not where that stood when it was built. A
# compiler is given absolute paths or, through caches of compiled files, those from the build folder.
check_c_compiler_flag(-fmacro-prefix-map=a=b TG_HAVE_PREFIX_MAP)
set(TG_SHORT_PATHS "")
if(TG_HAVE_PREFIX_MAP)
  file(RELATIVE_PATH up ${CMAKE_BINARY_DIR} ${PROJECT_SOURCE_DIR}/core)
  string(REGEX REPLACE "core$" "" up ${up})
  foreach(prefix ${PROJECT_SOURCE_DIR}/ ${up})
    list(APPEND TG_SHORT_PATHS -fmacro-prefix-map=${prefix}=)
  endforeach()
endif()
# What runs once in a while is compiled for size, the rest for speed.
set(TG_COLD_SOURCES ${TG_SOURCES})
list(FILTER TG_COLD_SOURCES INCLUDE REGEX
     "/(data|inspect|models|optim|pictures)/|/core/(blas|case|edge|output|plan_print|registry|shadow)\\.c")
list(REMOVE_ITEM TG_SOURCES ${TG_COLD_SOURCES})

set(TG_PAGE_SCRIPTS formula tape format place draw listing quiz main)
file(GLOB TG_PAGE_FILES CONFIGURE_DEPENDS inspect/page/*)
string(REPLACE ";" "," TG_PAGE_SCRIPTS_COMMA "${TG_PAGE_SCRIPTS}")
add_custom_command(
  OUTPUT ${TG_GENERATED}/page_template.c
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${PROJECT_SOURCE_DIR}/inspect/page -DSCRIPTS=${TG_PAGE_SCRIPTS_COMMA}
          -DOUTPUT=${TG_GENERATED}/page_template.c -P ${PROJECT_SOURCE_DIR}/cmake/page.cmake
  DEPENDS ${TG_PAGE_FILES} ${PROJECT_SOURCE_DIR}/cmake/page.cmake
  VERBATIM)
tg_objects(tg_core ${TG_SOURCES})
tg_objects(tg_cold ${TG_COLD_SOURCES} ${TG_GENERATED}/page_template.c)
foreach(objects tg_core tg_cold)
  target_compile_options(${objects} PRIVATE ${TG_SHORT_PATHS})
endforeach()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(tg_core PRIVATE -O2)
  # Structs of a hundred bytes are cleared and copied for every op: "rep stos" takes longer to start than that takes.
  foreach(flag -mmemset-strategy=vector_loop:512:noalign,libcall:-1:noalign
               -mmemcpy-strategy=vector_loop:512:noalign,libcall:-1:noalign)
    string(MAKE_C_IDENTIFIER TG_HAVE${flag} has)
    check_c_compiler_flag(${flag} ${has})
    if(${has})
      target_compile_options(tg_core PRIVATE ${flag})
    endif()
  endforeach()
  target_compile_options(tg_cold PRIVATE -Os)
endif()

set(TG_FLAGS_v1 "")
set(TG_FLAGS_v3 -march=x86-64-v3)
set(TG_FLAGS_v4 -march=x86-64-v4 -mprefer-vector-width=512)
# Loops that are to run on vectors say so (TG_EACH, TG_VECTORS). All else is compiled to be small, but not with -Os:
# there, gcc leaves the upper halves of vector registers as they are when a function returns, and every SSE
# instruction of the caller then waits for them.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(TG_KERNEL_FLAGS -O2 -ffp-contract=fast)
  set(TG_DUAL_FLAGS -Os)
  list(LENGTH TG_SIMD levels)
  if(levels GREATER 1) # the first is for old processors, and has no upper halves
    set(TG_FLAGS_v1 -Os)
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND TG_KERNEL_FLAGS -fno-align-functions -fno-align-loops -fno-align-jumps -fno-align-labels
                                -fno-tree-pre -fno-inline-small-functions)
    check_c_compiler_flag("--param=vect-epilogues-nomask=0" TG_HAVE_VECT_EPILOGUES)
    if(TG_HAVE_VECT_EPILOGUES) # the last few of many elements need no vectors
      list(APPEND TG_KERNEL_FLAGS --param=vect-epilogues-nomask=0)
    endif()
  endif()
  # What lays out products is a third of the time of small ones, and few bytes; large ones of the first level of
  # several go to the BLAS.
  set_source_files_properties(core/gemm_block.c PROPERTIES
                              COMPILE_OPTIONS $<$<NOT:$<BOOL:$<TARGET_PROPERTY:TG_SMALL>>>:-O3>)
endif()
# A debugger needs no tables to unwind kernels, which call nothing of the user's; with -g it has them all the same.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  list(APPEND TG_KERNEL_FLAGS -fno-asynchronous-unwind-tables)
endif()
check_c_compiler_flag(-fopenmp-simd TG_HAVE_OPENMP_SIMD)
if(TG_HAVE_OPENMP_SIMD)
  # clang would warn of each loop that calls a function of which it knows no vector version.
  list(APPEND TG_KERNEL_FLAGS -fopenmp-simd -DTG_OPENMP_SIMD $<$<C_COMPILER_ID:Clang,AppleClang>:-Wno-pass-failed>)
endif()
check_c_compiler_flag(-fcx-limited-range TG_HAVE_CX_LIMITED_RANGE)
list(APPEND TG_DUAL_FLAGS -ffp-contract=off $<$<BOOL:${TG_HAVE_CX_LIMITED_RANGE}>:-fcx-limited-range>)
list(GET TG_SIMD 0 TG_FIRST_LEVEL)
foreach(level ${TG_SIMD})
  foreach(type F32 F64)
    set(name tg_kernels_${type}_${level})
    tg_objects(${name} ${TG_OP_FILES} ${TG_KERNEL_SOURCES})
    target_compile_definitions(${name} PRIVATE TG_REAL_${type} TG_LEVEL=_${level})
    target_compile_options(${name} PRIVATE ${TG_KERNEL_FLAGS} ${TG_FLAGS_${level}} ${TG_VECTOR_FLAGS})
    if(TG_FLAGS_${level} STREQUAL "-Os")
      set_target_properties(${name} PROPERTIES TG_SMALL ON)
    endif()
    if(type STREQUAL "F64" AND level STREQUAL TG_FIRST_LEVEL)
      target_compile_definitions(${name} PRIVATE TG_PRIMARY)
    endif()
  endforeach()
endforeach()
# Duals serve checks and lessons, not speed: once, for all levels. A product that is not rounded before it is added
# (aarch64 has such instructions at its baseline) would leave 1e-16 where slopes cancel.
tg_objects(tg_kernels_DUAL ${TG_OP_FILES} ${TG_KERNEL_SOURCES})
target_compile_definitions(tg_kernels_DUAL PRIVATE TG_REAL_DUAL)
target_compile_options(tg_kernels_DUAL PRIVATE ${TG_KERNEL_FLAGS} ${TG_DUAL_FLAGS})

foreach(kind STATIC SHARED)
  string(TOLOWER ${kind} suffix)
  add_library(tapegrad_${suffix} ${kind})
  foreach(objects ${TG_OBJECTS})
    target_sources(tapegrad_${suffix} PRIVATE $<TARGET_OBJECTS:${objects}>)
  endforeach()
  add_dependencies(tapegrad_${suffix} tg_ops_api)
  target_link_libraries(tapegrad_${suffix} PRIVATE $<BUILD_INTERFACE:tg_dependencies> $<BUILD_INTERFACE:tg_flags>)
  target_include_directories(tapegrad_${suffix} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${TG_GENERATED}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/tapegrad>)
  set_target_properties(tapegrad_${suffix} PROPERTIES OUTPUT_NAME tapegrad EXPORT_NAME ${suffix}
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  add_library(tapegrad::${suffix} ALIAS tapegrad_${suffix})
endforeach()

# An op of a program's own takes its functions from libm by itself. The static library names libm with the rest of
# what it needs, behind the vector library.
target_link_libraries(tapegrad_shared INTERFACE m)

# A smaller shared library: without what only tests call, with short relocations where the C library knows them, no
# padding between code and data, and no detour for calls inside the library.
include(CheckLinkerFlag)
include(CheckCSourceCompiles)
check_c_source_compiles("
#include <features.h>
#if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 36)
#error they would not be understood
#endif
int main(void) { return 0; }" TG_HAVE_RELR)
set(TG_LINK_OPTIONS --gc-sections -z,noseparate-code -Bsymbolic-functions)
if(TG_HAVE_RELR)
  list(APPEND TG_LINK_OPTIONS -z,pack-relative-relocs)
endif()
foreach(option ${TG_LINK_OPTIONS})
  string(MAKE_C_IDENTIFIER TG_HAVE_LD${option} have)
  check_linker_flag(C -Wl,--fatal-warnings,${option} ${have}) # an unknown -z is but a warning
  if(${have})
    target_link_options(tapegrad_shared PRIVATE -Wl,${option})
  endif()
endforeach()
