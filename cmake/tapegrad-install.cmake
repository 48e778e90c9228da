# What `cmake --install` leaves: both libraries, the headers under include/tapegrad, tapegrad.pc, a CMake package,
# and the command.
include(CMakePackageConfigHelpers)

# -lNAME for a library that the linker finds by itself, else its path.
function(tg_link_option library result)
  get_filename_component(folder "${library}" DIRECTORY)
  get_filename_component(name "${library}" NAME)
  if(folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES AND name MATCHES "^lib([^.]+)\\.")
    set(library "-l${CMAKE_MATCH_1}")
  endif()
  set(${result} "${library}" PARENT_SCOPE)
endfunction()

# What a program needs besides when it links the static library.
set(TG_STATIC_LIBS "")
foreach(library ${TG_BLAS_LIBRARY} ${TG_CJSON_LIBRARY} ${ZLIB_LIBRARIES} ${OpenMP_C_LIBRARIES})
  tg_link_option(${library} option)
  list(APPEND TG_STATIC_LIBS ${option})
endforeach()
foreach(feature GRAPHVIZ:GVC GRAPHVIZ:CGRAPH MATIO:MATIO)
  string(REPLACE ":" ";" feature ${feature})
  list(GET feature 0 option)
  list(GET feature 1 library)
  if(TG_${option} AND TG_${library}_LIBRARY)
    tg_link_option(${TG_${library}_LIBRARY} option)
    list(APPEND TG_STATIC_LIBS ${option})
  endif()
endforeach()
list(APPEND TG_STATIC_LIBS -lpthread -lm)
list(REMOVE_DUPLICATES TG_STATIC_LIBS)
list(JOIN TG_STATIC_LIBS " " TG_STATIC_LIBS_TEXT)

install(TARGETS tapegrad_static tapegrad_shared EXPORT tapegrad-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS tapegrad DESTINATION ${CMAKE_INSTALL_BINDIR})

# A header whose opening comment says "Private." stays at home.
file(GLOB TG_HEADERS CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} *.h core/*.h models/*.h optim/*.h inspect/*.h data/*.h)
foreach(header ${TG_HEADERS})
  file(READ ${header} text)
  string(FIND "${text}" "*/" end)
  string(SUBSTRING "${text}" 0 ${end} comment)
  if(NOT comment MATCHES "Private\\.")
    get_filename_component(folder ${header} DIRECTORY)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tapegrad/${folder})
  endif()
endforeach()
install(FILES ${TG_GENERATED}/ops_api.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tapegrad)

# ${pcfiledir} makes the file true wherever the installed tree is moved to.
file(RELATIVE_PATH TG_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" TG_PC_TO_PREFIX ${TG_PC_TO_PREFIX})
configure_file(cmake/tapegrad.pc.in ${TG_GENERATED}/tapegrad.pc @ONLY)
install(FILES ${TG_GENERATED}/tapegrad.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(TG_PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/tapegrad)
configure_package_config_file(cmake/tapegrad-config.cmake.in ${TG_GENERATED}/tapegrad-config.cmake
  INSTALL_DESTINATION ${TG_PACKAGE_FOLDER})
write_basic_package_version_file(${TG_GENERATED}/tapegrad-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${TG_GENERATED}/tapegrad-config.cmake ${TG_GENERATED}/tapegrad-config-version.cmake
  DESTINATION ${TG_PACKAGE_FOLDER})
install(EXPORT tapegrad-targets NAMESPACE tapegrad:: DESTINATION ${TG_PACKAGE_FOLDER})
