# Warnings are errors, on gcc and clang; hardening is on by default.
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef
	-fno-strict-aliasing -fno-omit-frame-pointer
	-include ${CMAKE_SOURCE_DIR}/lib/base/banned.h)
add_compile_definitions(_GNU_SOURCE AGENTD_VERSION="${PROJECT_VERSION}")
add_link_options(-Wl,--as-needed -Wl,-z,relro -Wl,-z,now)

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT AGENTD_SANITIZE)
	add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections
		-fdata-sections)
	add_link_options(-Wl,--gc-sections)
endif()
if(AGENTD_SANITIZE)
	add_compile_options(-fsanitize=${AGENTD_SANITIZE} -fno-sanitize-recover=undefined)
	add_link_options(-fsanitize=${AGENTD_SANITIZE})
endif()
if(AGENTD_FAILPOINTS)
	add_compile_definitions(AGENTD_FAILPOINTS)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
