// Runs one piece of work on several threads, this one among them, and waits for all.

#pragma once

#include <cstddef>
#include <functional>

namespace sidestream {

// How many threads help with `pieces` of work: as many as there are cores, within reason.
std::size_t CountUsefulThreads(std::size_t pieces);

// Calls work(0) to work(count - 1), each on a thread of its own. If the system will not give that
// many, the ones there are must do: so the calls share out the work among themselves as they go.
// What one of them throws is thrown here, after all have returned.
void RunOnThreads(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace sidestream
