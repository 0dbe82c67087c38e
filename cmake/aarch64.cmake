# Cross-builds for 64-bit ARM and runs what it builds under qemu-user (Debian: g++-aarch64-linux-gnu qemu-user). The libraries
# are headers alone and are taken from the host. Catch2 3 is not: there, install it for arm64 and name its folder in Catch2_DIR.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
file(GLOB xsimd_DIR /usr/lib/*-linux-gnu/cmake/xsimd)  # headers, though Debian files them under the host's architecture
