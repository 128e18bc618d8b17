# A folder under lib/ is a module, a module is a static library. Others see its public headers through
# an include tree of its own (links to the headers that it publishes), so that using a module
# that was not named, or a private header, does not compile.

# agentd_module(name LEVEL n [HEADERS noun…] [USES module…] [PRIVATE_USES module…]
#               [PACKAGES package…] [PUBLIC_PACKAGES package…] [LIBRARIES target…])
function(agentd_module name)
	cmake_parse_arguments(M "" "LEVEL"
		"HEADERS;USES;PRIVATE_USES;PACKAGES;PUBLIC_PACKAGES;LIBRARIES" ${ARGN})
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lib/${name}/*.c)
	if(NOT sources)
		file(WRITE ${CMAKE_BINARY_DIR}/empty.c "typedef int empty;\n")
		set(sources ${CMAKE_BINARY_DIR}/empty.c)
	endif()
	add_library(agentd_${name} STATIC ${sources})
	set_target_properties(agentd_${name} PROPERTIES LINKER_LANGUAGE C)
	set_property(GLOBAL PROPERTY AGENTD_LEVEL_${name} ${M_LEVEL})

	set(tree ${CMAKE_BINARY_DIR}/include/${name})
	if(NOT M_HEADERS)
		set(M_HEADERS ${name})
	endif()
	file(MAKE_DIRECTORY ${tree}/${name})
	foreach(header ${M_HEADERS})
		file(CREATE_LINK ${CMAKE_SOURCE_DIR}/lib/${name}/${header}.h ${tree}/${name}/${header}.h
			SYMBOLIC)
	endforeach()
	target_include_directories(agentd_${name} PUBLIC ${tree})

	foreach(used ${M_USES} ${M_PRIVATE_USES})
		get_property(level GLOBAL PROPERTY AGENTD_LEVEL_${used})
		if(NOT level LESS M_LEVEL)
			message(FATAL_ERROR "lib/${name} (level ${M_LEVEL}) must not use lib/${used} "
				"(level ${level}): see lib/README.md")
		endif()
	endforeach()
	list(TRANSFORM M_USES PREPEND agentd_)
	list(TRANSFORM M_PRIVATE_USES PREPEND agentd_)
	list(TRANSFORM M_PACKAGES PREPEND PkgConfig::)
	list(TRANSFORM M_PUBLIC_PACKAGES PREPEND PkgConfig::)
	target_link_libraries(agentd_${name} PUBLIC ${M_USES} ${M_PUBLIC_PACKAGES}
		PRIVATE ${M_PRIVATE_USES} ${M_PACKAGES} ${M_LIBRARIES})
endfunction()

# agentd_program(name DIRECTORY folder DESTINATION bin|libexec USES module… PACKAGES package…)
# All files of the folder; bin/ and libexec/agentd/ in the build tree as when installed. What is not
# main.c is also a library (agentd_in_FOLDER), so that tests reach it.
function(agentd_program name)
	cmake_parse_arguments(P "" "DIRECTORY;DESTINATION" "USES;PACKAGES;LIBRARIES" ${ARGN})
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${P_DIRECTORY}/*.c)
	set(main ${CMAKE_SOURCE_DIR}/${P_DIRECTORY}/main.c)
	list(REMOVE_ITEM sources ${main})
	if(NOT EXISTS ${main})
		message(STATUS "${P_DIRECTORY}/main.c is not there: ${name} is left out")
		return()
	endif()
	list(TRANSFORM P_USES PREPEND agentd_)
	list(TRANSFORM P_PACKAGES PREPEND PkgConfig::)
	set(inside agentd_in_${P_DIRECTORY})
	if(NOT sources)
		file(WRITE ${CMAKE_BINARY_DIR}/empty.c "typedef int empty;\n")
		set(sources ${CMAKE_BINARY_DIR}/empty.c)
	endif()
	add_library(${inside} STATIC ${sources})
	set_target_properties(${inside} PROPERTIES LINKER_LANGUAGE C)
	target_include_directories(${inside} PUBLIC ${CMAKE_SOURCE_DIR}/${P_DIRECTORY})
	target_link_libraries(${inside} PUBLIC ${P_USES} ${P_PACKAGES} ${P_LIBRARIES})
	add_executable(${name} ${main})
	target_link_libraries(${name} PRIVATE ${inside})
	if(P_DESTINATION STREQUAL "libexec")
		set_target_properties(${name} PROPERTIES
			RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/libexec/agentd)
		install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/agentd)
	else()
		install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
	endif()
endfunction()

# Which version the programs in libexec/ are of: a daemon that is replaced while it runs asks before it starts one.
file(WRITE ${CMAKE_BINARY_DIR}/libexec/agentd/version "${PROJECT_VERSION}\n")
install(FILES ${CMAKE_BINARY_DIR}/libexec/agentd/version DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/agentd)
