#include "platform/linux/smb_conf.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "platform/linux/smb_conf_parser.h"

namespace sidestream {
namespace {

constexpr const char* kDefaultPath = "/etc/samba/smb.conf";

// A share's parameters over those of [global], which are the defaults of all shares.
class Parameters {
 public:
  Parameters(const SmbSection& share, const SmbSection& global) : share_(share), global_(global) {}

  std::optional<std::string> Find(const char* name) const {
    const std::string folded = FoldedSmbName(name);
    for (const SmbSection* section : {&share_, &global_}) {
      const auto found = section->parameters.find(folded);
      if (found != section->parameters.end()) return found->second;
    }
    return std::nullopt;
  }

  bool IsTrue(const char* name, bool otherwise) const {
    const std::string value = FoldedSmbName(Find(name).value_or(""));
    if (value == "yes" || value == "true" || value == "on" || value == "1") return true;
    if (value == "no" || value == "false" || value == "off" || value == "0") return false;
    return otherwise;
  }

 private:
  const SmbSection& share_;
  const SmbSection& global_;
};

// A list's items stand between blanks, commas and semicolons; a module may have `:instance` behind.
std::vector<std::string> Modules(const std::string& list) {
  std::vector<std::string> modules;
  constexpr const char* kSeparators = " \t,;";
  for (std::size_t at = 0; (at = list.find_first_not_of(kSeparators, at)) != std::string::npos;) {
    const std::size_t end = std::min(list.find_first_of(kSeparators, at), list.size());
    const std::string item = list.substr(at, end - at);
    modules.push_back(item.substr(0, item.find(':')));
    at = end;
  }
  return modules;
}

SambaXattrForm XattrForm(const Parameters& parameters) {
  SambaXattrForm form;
  form.prefix = parameters.Find("streams_xattr:prefix").value_or(form.prefix);
  // `Ext` goes before the prefix's last dot (vfs_streams_xattr.c, streams_xattr_connect).
  const bool has_dot = form.prefix.ends_with('.');
  const std::string stem = form.prefix.substr(0, form.prefix.size() - (has_dot ? 1 : 0));
  const std::string extent_prefix = stem + (has_dot ? "Ext." : "Ext");
  form.extent_prefix = parameters.Find("streams_xattr:ext_prefix").value_or(extent_prefix);
  form.stores_type = parameters.IsTrue("streams_xattr:store_stream_type", true);
  return form;
}

std::string Resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), &free);
  std::string resolved = real != nullptr ? real.get() : path;
  while (resolved.size() > 1 && resolved.back() == '/') resolved.pop_back();
  return resolved;
}

void SetRoot(SambaShare& share, const std::optional<std::string>& path) {
  const std::string text = path.value_or("");
  const std::size_t macro = text.find('%');
  share.is_root_exact = text.starts_with('/') && macro == std::string::npos;
  if (share.is_root_exact) {
    share.root = Resolved(text);
    return;
  }
  const std::size_t slash = text.starts_with('/') ? text.rfind('/', macro) : 0;
  share.root = Resolved(slash == 0 ? std::string("/") : text.substr(0, slash));
}

// A depot may lie behind a link that the administrator made, and need not be there yet.
std::string ResolvedDepot(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (access(path.c_str(), F_OK) == 0) return Resolved(path);
  const std::size_t slash = path.rfind('/');
  const std::string parent = Resolved(path.substr(0, slash + 1));
  return (parent == "/" ? "" : parent) + path.substr(slash);
}

// The two macros that are the same for all clients: %S, the share's name, and %P, its folder. Null
// where another one stands, or where the share's own place depends on the client.
std::optional<std::string> WithoutMacros(const std::string& text, const SambaShare& share) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char macro = text[at] != '%' ? '\0' : at + 1 < text.size() ? text[at + 1] : '%';
    const bool is_known = share.is_root_exact && (macro == 'S' || macro == 'P');
    if (macro == '\0') {
      result.push_back(text[at]);
    } else if (is_known) {
      result += macro == 'S' ? share.name : share.root;
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return result;
}

void SetDepot(SambaShare& share, const Parameters& parameters) {
  SambaDepot depot;
  const std::string text = parameters.Find("streams_depot:directory").value_or("");
  const auto folder = WithoutMacros(text, share);
  if (folder) depot.folder = *folder;
  if (!folder) depot.unknown_folder = text;
  // smbd works in the share's folder.
  if (!depot.folder.empty() && depot.folder[0] != '/') {
    depot.folder = share.is_root_exact ? share.root + "/" + depot.folder : "";
  }
  if (!depot.folder.empty()) depot.folder = ResolvedDepot(depot.folder);
  depot.checks_marker = parameters.IsTrue("streams_depot:check_valid", true);
  share.depot = depot;
}

SambaShare ShareOf(const SmbSection& section, const SmbSection& global) {
  const Parameters parameters(section, global);
  SambaShare share;
  share.name = section.name;
  auto path = parameters.Find("path");
  if (!path) path = parameters.Find("directory");
  SetRoot(share, path);
  auto list = parameters.Find("vfs objects");
  if (!list) list = parameters.Find("vfs object");
  for (const std::string& module : Modules(list.value_or(""))) {
    if (module == "streams_xattr" && !share.xattrs) share.xattrs = XattrForm(parameters);
    if (module != "streams_depot" || share.depot) continue;
    SetDepot(share, parameters);
    share.creates_in_depot = !share.xattrs;
  }
  return share;
}

StreamError UnknownDepot(const std::string& path, const SambaShare& share) {
  return {"ADS_UNSUPPORTED", 0, "open",
          path + ": the share [" + share.name + "] keeps streams in " +
              share.depot->unknown_folder +
              ", which is another folder for each client, so they are not known; write the folders "
              "out in a copy of the file, a share for each, and name it (--smb-conf FILE, or "
              "smbConf in agent.json)"};
}

// A share of which nothing but its unknown place is special tells nothing.
bool IsWorthKnowing(const SambaShare& share) {
  return share.is_root_exact || share.depot || (share.xattrs && *share.xattrs != SambaXattrForm());
}

}  // namespace

Result<SmbConf> ReadSmbConf(const std::string& path) {
  const auto sections = ParseSmbConf(path);
  if (!sections.ok()) return sections.error();
  const auto& [global, shares] = sections.value();
  SmbConf conf;
  for (const SmbSection& section : shares) {
    conf.shares.push_back(ShareOf(section, global));
    const SambaShare& share = conf.shares.back();
    const bool is_known = !share.depot || share.depot->unknown_folder.empty();
    if (!is_known && !conf.incomplete) conf.incomplete = UnknownDepot(path, share);
  }
  // Shares that users make with `net usershare` stand in no section and take [global]'s options.
  SambaShare anywhere = ShareOf(SmbSection{"global", {}}, global);
  anywhere.root = std::string("/");
  anywhere.is_root_exact = false;
  conf.shares.push_back(std::move(anywhere));
  std::erase_if(conf.shares, [](const SambaShare& share) { return !IsWorthKnowing(share); });
  return conf;
}

SmbConf ReadDefaultSmbConf() {
  auto conf = ReadSmbConf(kDefaultPath);
  if (conf.ok()) return std::move(conf.value());
  const int reason = conf.error().system_code;
  if (reason == ENOENT || reason == ENOTDIR || reason == EACCES || reason == EPERM) return {};
  return {{}, conf.error()};
}

}  // namespace sidestream
