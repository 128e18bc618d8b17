/* Tool calls that a model prints as text, because its server did not recognise them (vllm#25560,
 * QwenPaw#3560). They are never run: the model is told to call properly. */
#ifndef MODEL_PRINTED_H
#define MODEL_PRINTED_H

#include "model.h"

/* Does `text` hold a printed call of one of our tools? Sets *ret_call to where it begins. NULL: no.
 */
const struct tool *printed_call(struct span text, struct span *ret_call);

#endif
