# Makes the target foil_xsimd from xsimd under either of its names.
if(NOT TARGET foil_xsimd)
  add_library(foil_xsimd INTERFACE IMPORTED)
  if(TARGET xsimd::xsimd)
    target_link_libraries(foil_xsimd INTERFACE xsimd::xsimd)
  else()
    # Debian's xsimd 8.1 names the library xtl, which it neither needs nor packages: take the headers alone.
    get_target_property(foil_xsimd_include xsimd INTERFACE_INCLUDE_DIRECTORIES)
    target_include_directories(foil_xsimd SYSTEM INTERFACE ${foil_xsimd_include})
  endif()
endif()
