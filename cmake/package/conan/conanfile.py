# Conan 2:   conan create cmake/package/conan
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load


class Foil(ConanFile):
    name = "foil"
    description = "Header-only C++20 hard-negative mining and contrastive losses"
    license = "BSD-3-Clause"
    topics = ("contrastive-learning", "hard-negatives", "embeddings", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    @property
    def _tree(self):  # from the recipe's place in it
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        self.version = re.search(r"project\(foil VERSION ([0-9.]+)", load(self, os.path.join(self._tree, "CMakeLists.txt"))).group(1)

    def export_sources(self):
        copy(self, "include/foil/*", self._tree, self.export_sources_folder)
        copy(self, "LICENSE", self._tree, self.export_sources_folder)

    def requirements(self):
        self.requires("eigen/[>=3.4 <6]", transitive_headers=True)
        self.requires("xsimd/[>=8.1 <15]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs, self.cpp_info.libdirs = [], []
        self.cpp_info.set_property("cmake_file_name", "foil")
        self.cpp_info.set_property("cmake_target_name", "foil::foil")
        self.cpp_info.set_property("pkg_config_name", "foil")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
