// The columns of native/carry-out.ts as operations, and results as columns.

#pragma once

#include <napi.h>

#include <optional>
#include <vector>

#include "streams/carry_out.h"

namespace sidestream::binding {

// `OperationColumns` of carryOut. Nothing after a TypeError, which is then pending.
std::optional<std::vector<Operation>> OperationsArgument(const Napi::CallbackInfo& info,
                                                         std::size_t index, const char* what);

// `ResultColumns`.
napi_value ToJs(napi_env env, const std::vector<OperationResult>& results);

}  // namespace sidestream::binding
