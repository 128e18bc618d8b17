# Manual pages: man/NAME.scd, with @TABLE@ replaced by what a program prints from a table in the code.
find_program(SCDOC scdoc)
if(NOT SCDOC OR NOT TARGET agentd_in_agentctl)
	message(STATUS "no scdoc: the manual pages are left out")
	return()
endif()

add_executable(manual-commands EXCLUDE_FROM_ALL man/commands.c)
target_link_libraries(manual-commands PRIVATE agentd_in_agentctl)
add_executable(manual-settings EXCLUDE_FROM_ALL man/settings.c)
target_link_libraries(manual-settings PRIVATE agentd_settings)
add_custom_target(manual ALL)

# agentd_page(agentctl 1 [program that prints the table])
function(agentd_page name section)
	set(page ${CMAKE_BINARY_DIR}/man/${name}.${section})
	set(source ${CMAKE_SOURCE_DIR}/man/${name}.${section}.scd)
	set(printer true)
	if(ARGC GREATER 2)
		set(printer ${ARGV2})
	endif()
	add_custom_command(OUTPUT ${page}
		COMMAND ${CMAKE_SOURCE_DIR}/man/make ${source} ${page} ${SCDOC}
			"$<IF:$<TARGET_EXISTS:${printer}>,$<TARGET_FILE:${printer}>,true>"
		DEPENDS ${source} ${CMAKE_SOURCE_DIR}/man/make $<$<TARGET_EXISTS:${printer}>:${printer}>)
	add_custom_target(page-${name}-${section} DEPENDS ${page})
	add_dependencies(manual page-${name}-${section})
	install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
agentd_page(agentd 8)
agentd_page(agentctl 1 manual-commands)
agentd_page(agentd.yaml 5 manual-settings)
agentd_page(agentd-files 5)
agentd_page(agentd-control 7)
