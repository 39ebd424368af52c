# What makes a mistake in memory harder to use for somebody else, in what is shipped
# (CONFIG Release; sanitizers see more, and want the plain code). What it costs, and what was left
# out: DECISIONS.md, 42. tools/package/check.sh looks for it in the program.

# -fPIE rather than CMAKE_POSITION_INDEPENDENT_CODE, which makes -fPIC of our archives: there every
# function that others see might be replaced by theirs, so that none is inlined.
set(hardening
  -fPIE
  -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
  -fstack-protector-strong
  -fstack-clash-protection)
target_compile_options(tagtill_flags INTERFACE "$<$<CONFIG:Release>:${hardening}>")
target_link_options(tagtill_flags INTERFACE
  "$<$<CONFIG:Release>:-pie;LINKER:-z,relro,-z,now>")
