/* Functions that have no right use here; the build includes this into every file. A call does not
 * link under its own name: the compiler says `sorry_strcpy_is_banned`.
 *
 * strcpy and friends: no bound. strtok: hidden state. atoi: no errors. gmtime and co.: static
 * buffers, and a zone is a value of base/zone.h. system, popen, fork: base/process.h. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BANNED(function) sorry_##function##_is_banned

#undef strcpy
#define strcpy(to, from) BANNED(strcpy)
#undef strcat
#define strcat(to, from) BANNED(strcat)
#undef strncpy
#define strncpy(to, from, size) BANNED(strncpy)
#undef strncat
#define strncat(to, from, size) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(text, delimiters) BANNED(strtok)
#undef atoi
#define atoi(text) BANNED(atoi)
#undef atol
#define atol(text) BANNED(atol)
#undef atof
#define atof(text) BANNED(atof)
#undef gmtime
#define gmtime(time) BANNED(gmtime)
#undef localtime
#define localtime(time) BANNED(localtime)
#undef ctime
#define ctime(time) BANNED(ctime)
#undef asctime
#define asctime(tm) BANNED(asctime)
#undef mktemp
#define mktemp(name) BANNED(mktemp)
#undef system
#define system(command) BANNED(system)
#undef popen
#define popen(command, mode) BANNED(popen)
#undef fork
#define fork() BANNED(fork)
#undef vfork
#define vfork() BANNED(vfork)

#endif
