#include "streams/background.h"

namespace sidestream {

void EnterBackground() {}

}  // namespace sidestream
