# What `cmake --install` leaves: both libraries, the headers under include/tapegrad, tapegrad.pc, a CMake package,
# and the command.
include(CMakePackageConfigHelpers)

# What a program needs besides when it links the static library: -lNAME for what the linker finds by itself, else
# the path.
set(TG_STATIC_LIBS "")
get_target_property(libraries tg_dependencies INTERFACE_LINK_LIBRARIES)
foreach(library ${libraries})
  if(library STREQUAL "ZLIB::ZLIB")
    set(library z)
  elseif(library STREQUAL "Threads::Threads")
    set(library pthread)
  endif()
  get_filename_component(folder "${library}" DIRECTORY)
  get_filename_component(name "${library}" NAME)
  if(folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES AND name MATCHES "^lib([^.]+)\\.")
    set(library ${CMAKE_MATCH_1})
  endif()
  if(NOT library MATCHES "/|^-")
    set(library -l${library})
  endif()
  list(APPEND TG_STATIC_LIBS ${library})
endforeach()
list(JOIN TG_STATIC_LIBS " " TG_STATIC_LIBS_TEXT)

install(TARGETS tapegrad_static tapegrad_shared EXPORT tapegrad-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS tapegrad DESTINATION ${CMAKE_INSTALL_BINDIR})

# A header whose opening comment says "Private" stays at home.
file(GLOB TG_HEADERS CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
  *.h core/*.h models/*.h optim/*.h inspect/*.h data/*.h pictures/*.h)
foreach(header ${TG_HEADERS})
  file(READ ${header} text)
  string(FIND "${text}" "*/" end)
  string(SUBSTRING "${text}" 0 ${end} comment)
  if(NOT comment MATCHES "Private")
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
