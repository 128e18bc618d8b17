/* What the two halves of the Responses format agree on: how a reply's reasoning items are kept, so
 * that they go back between the same neighbours.
 *
 *     "thinking":[{"type":"reasoning",…}, 0, {"type":"reasoning",…}, "text", 1]
 * is the order of the reply's items: a number is a call, a string the place of the text. */
#ifndef MODEL_RESPONSES_H
#define MODEL_RESPONSES_H

#define RESPONSES_ORDER "thinking" /* where reasoning.h keeps such lists */

#endif
