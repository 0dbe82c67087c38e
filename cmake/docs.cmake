# The reference in HTML:   cmake -DFOIL_DOCS=ON ... && cmake --build ... --target docs   ->   docs/html/index.html
find_package(Doxygen 1.9.4 REQUIRED)
# FAIL_ON_WARNINGS lists them all before it fails.
set(FOIL_DOCS_STRICT FAIL_ON_WARNINGS)
configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/docs)
add_custom_target(docs COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/Doxyfile COMMENT "Writing the reference of the headers" VERBATIM)
