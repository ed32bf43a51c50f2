#include "platform/linux/samba_shares.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "platform/linux/errno_error.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

void AddForm(SambaForms& forms, const SambaXattrForm& form) {
  const auto has_prefix = [&](const SambaXattrForm& known) { return known.prefix == form.prefix; };
  if (std::ranges::none_of(forms, has_prefix)) forms.push_back(form);
}

// Whether it is found under other names than Samba's default ones.
bool HasOwnNames(const SambaXattrForm& form) {
  const SambaXattrForm usual;
  return form.prefix != usual.prefix || form.extent_prefix != usual.extent_prefix;
}

bool IsAtOrBelow(const std::string& path, const std::string& folder) {
  return folder == "/" || path == folder || path.starts_with(folder + "/");
}

}  // namespace

SambaShares::SambaShares(std::vector<SambaShare> shares) : shares_(std::move(shares)) {
  std::ranges::stable_sort(shares_, std::greater(),
                           [](const SambaShare& share) { return share.root.size(); });
  for (const SambaShare& share : shares_) {
    if (share.xattrs) {
      AddForm(all_forms_, *share.xattrs);
      have_own_names_ |= HasOwnNames(*share.xattrs);
    }
    may_be_unmarked_ |= share.depot && !share.depot->checks_marker;
  }
  AddForm(all_forms_, SambaXattrForm());
}

Result<SambaPlace> SambaShares::PlaceOf(const CarrierRef& carrier) const {
  char path[PATH_MAX];
  const ssize_t length = readlink(ProcPath(carrier.fd).c_str(), path, sizeof path);
  // Deeper than the kernel can say (PATH_MAX): as if in every share, rather than in none.
  const bool is_too_long = length < 0 && errno == ENAMETOOLONG;
  if (length < 0 && !is_too_long) return FromErrno(errno, "list", "path of the carrier");
  SambaPlace place;
  if (!is_too_long) place.path.assign(path, static_cast<std::size_t>(length));
  for (const SambaShare& share : shares_) {
    if (is_too_long || IsAtOrBelow(place.path, share.root)) place.shares.push_back(&share);
  }
  return place;
}

Result<std::shared_ptr<const SambaForms>> SambaShares::FormsFor(const CarrierRef& carrier) const {
  // Not counted: the walkers would do nothing but hand each other the count.
  if (!have_own_names_) {
    return std::shared_ptr<const SambaForms>(std::shared_ptr<void>(), &usual_forms_);
  }
  const auto place = PlaceOf(carrier);
  if (!place.ok()) return place.error();
  auto forms = std::make_shared<SambaForms>();
  for (const SambaShare* share : place.value().shares) {
    if (share->xattrs) AddForm(*forms, *share->xattrs);
  }
  AddForm(*forms, SambaXattrForm());
  return std::shared_ptr<const SambaForms>(std::move(forms));
}

}  // namespace sidestream
