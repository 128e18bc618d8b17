/* Functions that have no right use here; included into every file by the build.
 * strcpy and friends: no bound. strtok: state. atoi: no errors. gmtime & co: static buffers, and
 * zones are values of base/zone.h. time: the clock is read in base/clock.c only. system, popen,
 * vfork: base/process.h. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#ifdef __GNUC__
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atof \
	gmtime localtime mktime asctime ctime tmpnam mktemp system popen vfork
#endif

#endif
