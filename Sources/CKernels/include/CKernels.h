#pragma once
#include "BlockDecoding.h"
