# The libraries, all from Debian 12 (tools/setup.sh installs them).
# README.md says what each is for.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# Hyperscan, or Vectorscan where Hyperscan does not exist (Arm): Vectorscan
# installs the same headers and the same pkg-config module, libhs.
pkg_check_modules(hyperscan REQUIRED IMPORTED_TARGET libhs)
find_package(simdjson REQUIRED)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(highway REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(fmt REQUIRED IMPORTED_TARGET fmt)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(SQLite3 REQUIRED)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl)
find_package(CLI11 REQUIRED)
# Headers alone: its own configuration would link the library.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(spdlog REQUIRED IMPORTED_TARGET spdlog)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
find_package(ZLIB REQUIRED)
find_package(BZip2 REQUIRED)
find_package(LibLZMA REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
find_package(ICU REQUIRED COMPONENTS i18n uc)
if(TAGTILL_JEMALLOC)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
endif()
