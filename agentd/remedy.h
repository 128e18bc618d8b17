/* What a person can do about what the system refuses. */
#ifndef AGENTD_REMEDY_H
#define AGENTD_REMEDY_H

/* For an errno; NULL: nothing that is better than what the system said. */
const char *remedy_of(int system);

#endif
