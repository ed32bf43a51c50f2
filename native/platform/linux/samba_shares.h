// The shares of a Samba server, asked by carrier: which contain it, and under which xattr names its
// streams can be.
//
// Samba's default names count everywhere, also in a share with others: the share may have had them
// before.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/linux/smb_conf.h"
#include "platform/linux/stream_scheme.h"

namespace sidestream {

using SambaForms = std::vector<SambaXattrForm>;

// The shares that contain one carrier, innermost first.
struct SambaPlace {
  std::string path;  // absolute; the carrier's. Empty: longer than PATH_MAX
  std::vector<const SambaShare*> shares;
};

class SambaShares {
 public:
  explicit SambaShares(std::vector<SambaShare> shares);

  // Whether a share has xattr names of its own: only then does a carrier's place matter for them.
  bool have_own_names() const { return have_own_names_; }
  // Whether a share does not ask for the marker of the depot: then any file can have streams there.
  bool may_be_unmarked() const { return may_be_unmarked_; }
  // Of all shares, and the default.
  const SambaForms& all_forms() const { return all_forms_; }

  Result<SambaPlace> PlaceOf(const CarrierRef& carrier) const;
  // Lives as long as this object does.
  Result<std::shared_ptr<const SambaForms>> FormsFor(const CarrierRef& carrier) const;

 private:
  std::vector<SambaShare> shares_;  // longest root first
  SambaForms all_forms_;
  const SambaForms usual_forms_ = SambaForms(1);
  bool have_own_names_ = false;
  bool may_be_unmarked_ = false;
};

}  // namespace sidestream
