# The library's target, its installation and its package files.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

include(${CMAKE_CURRENT_LIST_DIR}/foilLibraries.cmake)
if(foil_NOT_FOUND_MESSAGE)
  message(FATAL_ERROR "${foil_NOT_FOUND_MESSAGE}")
endif()

add_library(foil INTERFACE)
add_library(foil::foil ALIAS foil)
target_compile_features(foil INTERFACE cxx_std_20)
target_include_directories(foil INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# No -march here: the instruction set is the user's choice, one per program.
target_link_libraries(foil INTERFACE Eigen3::Eigen foil_xsimd Threads::Threads)
if(NOT PROJECT_IS_TOP_LEVEL)
  set_target_properties(foil PROPERTIES SYSTEM ON)  # foil's warnings are not those of the project that includes it
endif()

# foil::compiled: the same library with engine, mining and top-k compiled once. Who links it compiles faster and gets the same bits.
# It serves code that is compiled for the same instruction set; other code does not find its symbols when it is linked.
if(FOIL_COMPILED_LIBRARY OR FOIL_TESTS)
  add_library(foil_compiled STATIC ${CMAKE_CURRENT_LIST_DIR}/compiled.cpp)
  add_library(foil::compiled ALIAS foil_compiled)
  set_target_properties(foil_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(foil_compiled PUBLIC foil)
  target_compile_definitions(foil_compiled PUBLIC FOIL_COMPILED)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
  set(math fast-math|unsafe-math-optimizations|finite-math-only|signed-zeros|associative-math|reciprocal-math|rounding-math)
  string(REGEX MATCHALL "(^| )-(m[^ ]+|Ofast|ffp-model=[^ ]+|f(no-)?(exceptions|${math}))" FOIL_SET_FLAGS
         "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${config}}")
  list(TRANSFORM FOIL_SET_FLAGS STRIP)
  foreach(flag ${FOIL_SET_FLAGS})  # what is in the names of its symbols
    target_compile_options(foil_compiled INTERFACE $<INSTALL_INTERFACE:${flag}>)
  endforeach()
  list(JOIN FOIL_SET_FLAGS " " FOIL_SET_FLAGS)
endif()

if(FOIL_INSTALL)
  # Headers alone, for any machine: the package files go to share/, not to lib/.
  set(FOIL_PACKAGE_DIR ${CMAKE_INSTALL_DATADIR}/cmake/foil)
  install(TARGETS foil EXPORT foilTargets)
  install(EXPORT foilTargets NAMESPACE foil:: DESTINATION ${FOIL_PACKAGE_DIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/foil DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/foilConfig.cmake.in ${PROJECT_BINARY_DIR}/foilConfig.cmake
                                INSTALL_DESTINATION ${FOIL_PACKAGE_DIR})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/foilConfigVersion.cmake.in ${PROJECT_BINARY_DIR}/foilConfigVersion.cmake @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/foilConfig.cmake ${PROJECT_BINARY_DIR}/foilConfigVersion.cmake
                ${CMAKE_CURRENT_LIST_DIR}/foilLibraries.cmake
          DESTINATION ${FOIL_PACKAGE_DIR})
  foreach(folder INCLUDEDIR LIBDIR)
    set(FOIL_PC_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
      set(FOIL_PC_${folder} "${CMAKE_INSTALL_${folder}}")
    endif()
  endforeach()
  # foil.pc finds its prefix from where it lies, so that an installed tree can be moved.
  file(RELATIVE_PATH FOIL_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/foil.pc.in ${PROJECT_BINARY_DIR}/foil.pc @ONLY)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/foil)
  install(FILES ${PROJECT_BINARY_DIR}/foil.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
  if(FOIL_COMPILED_LIBRARY)  # for one kind of machine: beside the library, in lib/
    install(TARGETS foil_compiled EXPORT foilCompiledTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT foilCompiledTargets NAMESPACE foil:: DESTINATION ${FOIL_PACKAGE_DIR})
    file(RELATIVE_PATH FOIL_PREFIX_FROM_LIB ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
    configure_file(${CMAKE_CURRENT_LIST_DIR}/foil-compiled.pc.in ${PROJECT_BINARY_DIR}/foil-compiled.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/foil-compiled.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  endif()
  if(PROJECT_IS_TOP_LEVEL)
    include(${CMAKE_CURRENT_LIST_DIR}/package/package.cmake)
  endif()
endif()

if(FOIL_TESTS OR FOIL_BENCH OR FOIL_EXAMPLES)
  # What our own programs are compiled with. The headers are not SYSTEM for them: every warning is seen.
  add_library(foil_own INTERFACE)
  target_link_libraries(foil_own INTERFACE foil::foil)
  target_compile_options(foil_own INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # At -O3 it sees writes to vectors of size 0, on paths that do not exist: shown, but no reason to stop.
    target_compile_options(foil_own INTERFACE -Wno-error=array-bounds -Wno-error=stringop-overflow)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      # g++ 12 warns inside its own AVX-512 headers (GCC bug 105593).
      target_compile_options(foil_own INTERFACE -Wno-maybe-uninitialized)
    endif()
  endif()
endif()
