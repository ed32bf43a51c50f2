#include "ntfs/parsed.h"

namespace sidestream::ntfs {

std::string Describe(const ParseError& error) {
  return std::string(error.field) + " at volume offset " + std::to_string(error.volume_offset) +
         ": expected " + error.rule + " " + std::to_string(error.expected) + ", found " +
         std::to_string(error.actual);
}

}  // namespace sidestream::ntfs
