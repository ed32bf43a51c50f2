// errno as a StreamError: the one table from errno values to ADS_ codes.

#pragma once

#include <string>

#include "base/result.h"

namespace sidestream {

// `what` names the file or stream concerned, for the message. Take errno on the very line after the
// call that failed.
StreamError FromErrno(int error_number, std::string operation, const std::string& what);

// The file, or a folder above it, went away between two looks at it: no failure during a walk.
bool MeansVanished(int error_number);

}  // namespace sidestream
