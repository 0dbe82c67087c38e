# The library's target, its installation and its package files.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(xsimd 8.1 REQUIRED)
include(${CMAKE_CURRENT_LIST_DIR}/foilXsimd.cmake)

add_library(foil INTERFACE)
add_library(foil::foil ALIAS foil)
target_compile_features(foil INTERFACE cxx_std_20)
target_include_directories(foil INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# No -march here: the instruction set is the user's choice, one per program.
target_link_libraries(foil INTERFACE Eigen3::Eigen foil_xsimd)

set(FOIL_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/foil)
install(TARGETS foil EXPORT foilTargets)
install(EXPORT foilTargets NAMESPACE foil:: DESTINATION ${FOIL_PACKAGE_DIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/foil DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/foilConfig.cmake.in ${PROJECT_BINARY_DIR}/foilConfig.cmake
                              INSTALL_DESTINATION ${FOIL_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/foilConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
configure_file(${CMAKE_CURRENT_LIST_DIR}/foil.pc.in ${PROJECT_BINARY_DIR}/foil.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/foilConfig.cmake ${PROJECT_BINARY_DIR}/foilConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/foilXsimd.cmake
        DESTINATION ${FOIL_PACKAGE_DIR})
install(FILES ${PROJECT_BINARY_DIR}/foil.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# What our own programs are compiled with. The headers are not SYSTEM for them: every warning is seen.
add_library(foil_own INTERFACE)
find_package(Threads REQUIRED)
target_link_libraries(foil_own INTERFACE foil::foil Threads::Threads)
target_compile_options(foil_own INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror)

find_program(FOIL_CCACHE ccache)
if(FOIL_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FOIL_CCACHE})
endif()
