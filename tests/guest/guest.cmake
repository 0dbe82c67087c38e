# foil as a guest in other people's builds.
set(guest ${CMAKE_CURRENT_SOURCE_DIR}/guest)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
get_target_property(eigen_include Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)

add_test(NAME headers COMMAND ${guest}/headers ${PROJECT_SOURCE_DIR}/include ${CMAKE_CXX_COMPILER} ${eigen_include})
add_test(NAME doors COMMAND ${guest}/doors ${PROJECT_SOURCE_DIR}/include ${CMAKE_CXX_COMPILER} ${eigen_include}
                            ${CMAKE_CURRENT_SOURCE_DIR}/compile)
add_test(NAME two_units COMMAND ${guest}/two_units ${PROJECT_SOURCE_DIR}/include ${CMAKE_CXX_COMPILER} ${eigen_include}
                                ${CMAKE_CURRENT_BINARY_DIR}/two_units)
foreach(way find_package add_subdirectory fetch_content)
  add_test(NAME consumer_${way} COMMAND ${guest}/consume ${way} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}
                                        ${CMAKE_CURRENT_BINARY_DIR}/consumer_${way} ${CMAKE_CXX_COMPILER})
endforeach()
