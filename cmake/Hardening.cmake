# What makes a mistake in memory harder to use for somebody else, in what is shipped
# (CONFIG Release; sanitizers see more, and want the plain code). Costs: DECISIONS.md, 39.
# tools/package/check.sh looks for it in the program.
include(CheckCXXCompilerFlag)

# Not CMAKE_POSITION_INDEPENDENT_CODE: it makes -fPIC of our archives, where every function that
# others see might be replaced by theirs, so that none is inlined.
set(hardening
  -fPIE
  -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
  -fstack-protector-strong
  -fstack-clash-protection)
# x86 alone has it.
check_cxx_compiler_flag(-fcf-protection TAGTILL_HAS_CF_PROTECTION)
if(TAGTILL_HAS_CF_PROTECTION)
  list(APPEND hardening -fcf-protection)
endif()
target_compile_options(tagtill_flags INTERFACE "$<$<CONFIG:Release>:${hardening}>")
target_link_options(tagtill_flags INTERFACE
  "$<$<CONFIG:Release>:-pie;LINKER:-z,relro,-z,now>")
