# The units, with the path of the program as it is installed, which `cmake --install --prefix` may change.
# `--component systemd` installs them alone.
install(CODE "
	set(AGENTD_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
	foreach(kind system user)
		configure_file(\"${CMAKE_SOURCE_DIR}/systemd/\${kind}/agentd@.service\"
			\"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/\${kind}/agentd@.service\" @ONLY
			FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
	endforeach()
" COMPONENT systemd)
install(FILES systemd/agentd.sysusers DESTINATION lib/sysusers.d RENAME agentd.conf COMPONENT systemd)
