#ifndef MODEL_FORMAT_H
#define MODEL_FORMAT_H

#include "model.h"

extern const struct model_format format_anthropic, format_openai, format_ollama, format_responses;

#endif
