#pragma once
#include "BlockDecoding.h"
#include "BlockEncoding.h"
#include "BrainFloatKernels.h"
#include "InstructionSet.h"
#include "MathKernels.h"
#include "StoredRows.h"
