#pragma once
#include "BlockDecoding.h"
#include "BlockEncoding.h"
<<<<<<< HEAD
#include "PanelKernels.h"
=======
#include "BrainFloatKernels.h"
#include "BrainFloatRowProducts.h"
>>>>>>> main
#include "InstructionSet.h"
#include "MathKernels.h"
#include "RowProducts.h"
#include "StoredRows.h"
