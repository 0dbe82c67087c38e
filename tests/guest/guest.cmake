# foil as a guest in other people's builds.
set(guest ${CMAKE_CURRENT_SOURCE_DIR}/guest)
get_target_property(eigen_include Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
set(with ${PROJECT_SOURCE_DIR}/include ${CMAKE_CXX_COMPILER} ${eigen_include})
set(scratch ${CMAKE_CURRENT_BINARY_DIR}/guest)

add_test(NAME headers COMMAND ${guest}/headers ${with} ${scratch}/headers)
add_test(NAME doors COMMAND ${guest}/doors ${with} ${scratch}/doors ${CMAKE_CURRENT_SOURCE_DIR}/compile)
add_test(NAME unsupported COMMAND ${guest}/unsupported ${with})
add_test(NAME fast_math COMMAND ${guest}/fast_math ${with} ${scratch}/fast_math)
add_test(NAME two_units COMMAND ${guest}/two_units ${with} ${scratch}/two_units)
add_test(NAME need COMMAND ${guest}/need ${PROJECT_SOURCE_DIR} ${scratch}/need)
add_test(NAME versions COMMAND ${guest}/versions ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} ${scratch}/versions
                               ${CMAKE_CXX_COMPILER} ${Eigen3_DIR} ${xsimd_DIR})
set(ways find_package add_subdirectory fetch_content)
find_program(FOIL_PKG_CONFIG pkg-config)
if(FOIL_PKG_CONFIG)
  list(APPEND ways pkg_config)
endif()
foreach(way ${ways})
  add_test(NAME consumer_${way} COMMAND ${guest}/consume ${way} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}
                                        ${scratch}/${way} ${CMAKE_CXX_COMPILER})
endforeach()
# The scripts look where this build found Eigen and xsimd.
set(found Eigen3_ROOT=${Eigen3_DIR} xsimd_ROOT=${xsimd_DIR})
get_target_property(xsimd_include xsimd INTERFACE_INCLUDE_DIRECTORIES)
if(NOT xsimd_include IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
  list(APPEND found CPLUS_INCLUDE_PATH=${xsimd_include})
endif()
set_property(TEST headers doors unsupported two_units consumer_find_package consumer_add_subdirectory consumer_fetch_content
             PROPERTY ENVIRONMENT ${found})
