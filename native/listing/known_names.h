// What server/streams says of streams by their names, as far as this scan was told.
//
// There is no catalogue here. The first stream of a name goes to TypeScript like everything that is
// not ordinary; what it says of the name is remembered, and the next ones are answered from here.

#pragma once

#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sidestream::listing {

// Holds for a stream of this name that is smaller than `below_bytes`, has nothing in it that a
// computer would run, and is on no carrier that a rule looks at.
struct NameVerdict {
  std::uint64_t below_bytes = 0;
  std::string verdict;
  std::string rule;
};

// Any number of threads may look names up while one learns them.
class KnownNames {
 public:
  // Names are chosen by whoever wrote the streams: past some number of them, no more are taken.
  void Learn(std::u16string_view name, NameVerdict verdict);

  // Holds until this object goes.
  const NameVerdict* Find(std::u16string_view name) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::u16string_view name) const {
      return std::hash<std::u16string_view>()(name);
    }
  };

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::u16string, NameVerdict, Hash, std::equal_to<>> verdicts_;
};

}  // namespace sidestream::listing
