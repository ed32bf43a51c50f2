// What this process holds beside what it uses.

#pragma once

namespace sidestream {

// Before threads are started: from now on they take memory from what is free anywhere in the
// process, instead of each keeping its own. They may wait for each other for it.
void ShareFreeMemory();

// Gives back to the system what is free. Takes some milliseconds.
void ReturnFreeMemory();

}  // namespace sidestream
