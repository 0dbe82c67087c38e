# What is made of foil beside an installed tree: Debian and tar packages by `cpack`, and the targets `uninstall` and `single_header`.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_VENDOR "the foil authors")
set(CPACK_PACKAGE_CONTACT "the foil authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_RESOURCE_FILE_README ${PROJECT_SOURCE_DIR}/README.md)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_PACKAGE_NAME libfoil-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libeigen3-dev (>= 3.4), libxsimd-dev (>= 8.1)")
if(NOT FOIL_COMPILED_LIBRARY)  # headers alone serve every machine
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
  set(CPACK_SYSTEM_NAME any)
endif()
# What lies in an installation's root: packages are for /usr, whatever this build's own prefix is.
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
include(CPack)

if(NOT TARGET uninstall)
  add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
                                      "-DFOLDERS=${CMAKE_INSTALL_INCLUDEDIR}/foil$<SEMICOLON>${FOIL_PACKAGE_DIR}$<SEMICOLON>${CMAKE_INSTALL_DATADIR}/licenses/foil"
                                      -P ${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake VERBATIM)
endif()
add_custom_target(single_header COMMAND ${CMAKE_CURRENT_LIST_DIR}/single_header ${PROJECT_SOURCE_DIR}/include
                                        ${PROJECT_BINARY_DIR}/single/foil/foil.hpp VERBATIM)
