/* How many folders deep files are looked for below an agent's own, or the workspace's: the same for
 * all who look, so that what is watched is what is compared and committed. Of what lies deeper
 * agentd says that it is not. */
#ifndef BASE_DEPTH_H
#define BASE_DEPTH_H

#define FOLDER_DEPTH_MAX 16

#endif
