/* Names of files and folders. Private to the module. */
#ifndef EXPORT_FOLDER_H
#define EXPORT_FOLDER_H

#include "export.h"

#include "base/clock.h"
#include "base/instant.h"

#define EXPORT_SUFFIX ".jsonl"
#define EXPORT_PART ".part" /* behind the name of one that is being written */

#endif
