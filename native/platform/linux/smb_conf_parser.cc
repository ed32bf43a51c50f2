#include "platform/linux/smb_conf_parser.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include "platform/linux/errno_error.h"

namespace sidestream {
namespace {

// Samba's own bound is 100 (MAX_INCLUDE_DEPTH); ours is for files that include each other.
constexpr int kDeepestInclude = 32;
constexpr std::size_t kLargestBytes = 4 << 20;

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

Result<std::string> ReadText(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return FromErrno(errno, "open", path);
  std::string text;
  // Piece by piece: memory for the largest would take longer to get than most take to read.
  char piece[16 * 1024];
  std::size_t count = 0;
  do {
    count = std::fread(piece, 1, sizeof piece, file.get());
    text.append(piece, count);
  } while (count == sizeof piece && text.size() <= kLargestBytes);
  if (std::ferror(file.get()) != 0) return FromErrno(errno, "read", path);
  if (text.size() > kLargestBytes) {
    return StreamError{"ADS_UNSUPPORTED", 0, "read", path + " is larger than any smb.conf"};
  }
  return text;
}

class Parser {
 public:
  Status ReadFile(const std::string& path, int depth) {
    if (depth > kDeepestInclude) return Refusal(path, "includes itself");
    const auto text = ReadText(path);
    if (!text.ok()) return text.error();
    std::string_view rest(text.value());
    for (int number = 1; !rest.empty();) {
      const std::string where = path + " line " + std::to_string(number);
      const std::string line = NextLine(rest, number);
      if (auto error = ReadLine(line, where, depth)) return error;
    }
    return std::nullopt;
  }

  SmbSections Take() { return std::move(sections_); }

 private:
  // One line with those that `\` joins to it.
  static std::string NextLine(std::string_view& rest, int& number) {
    std::string line;
    while (true) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view part = Trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++number;
      line += part;
      const bool is_comment = !line.empty() && (line[0] == ';' || line[0] == '#');
      if (is_comment || line.empty() || line.back() != '\\' || rest.empty()) return line;
      line.pop_back();
    }
  }

  Status ReadLine(const std::string& line, const std::string& where, int depth) {
    if (line.empty() || line[0] == ';' || line[0] == '#') return std::nullopt;
    if (line[0] == '[') {
      const std::size_t end = line.find(']');
      if (end == std::string::npos) return Refusal(where, "has a section without its ]");
      section_ = &SectionOf(Trimmed(std::string_view(line).substr(1, end - 1)));
      return std::nullopt;
    }
    const std::size_t equals = line.find('=');
    // Samba logs such a line and goes on.
    if (equals == std::string::npos) return std::nullopt;
    const std::string name = FoldedSmbName(std::string_view(line).substr(0, equals));
    const std::string value(Trimmed(std::string_view(line).substr(equals + 1)));
    if (name == "include") return Include(value, where, depth);
    if (name == "copy") return Copy(value, where);
    if (auto error = CheckElsewhere(name, value, where)) return error;
    section_->parameters[name] = value;
    return std::nullopt;
  }

  // A missing file is passed over, as Samba does.
  Status Include(const std::string& value, const std::string& where, int depth) {
    if (FoldedSmbName(value) == "registry") return Refusal(where, "includes the registry");
    if (value.find('%') != std::string::npos) {
      return Refusal(where, "includes " + value + ", whose name depends on the client");
    }
    auto error = ReadFile(value, depth + 1);
    if (error && error->system_code == ENOENT) return std::nullopt;
    // Not to be taken for a failure to read the file that includes it.
    if (error) error->system_code = 0;
    return error;
  }

  Status Copy(const std::string& value, const std::string& where) {
    const std::string wanted = FoldedSmbName(value);
    for (const SmbSection& share : sections_.shares) {
      if (&share == section_ || FoldedSmbName(share.name) != wanted) continue;
      section_->parameters.insert(share.parameters.begin(), share.parameters.end());
      return std::nullopt;
    }
    return Refusal(where, "copies " + value + ", which is no section above it");
  }

  // Shares that are written somewhere else than in this file.
  static Status CheckElsewhere(const std::string& name, const std::string& value,
                               const std::string& where) {
    const std::string folded = FoldedSmbName(value);
    if (name == "configbackend" && folded != "file") {
      return Refusal(where, "keeps the configuration in the " + value);
    }
    if (name == "registryshares" && folded != "no" && folded != "false" && folded != "0") {
      return Refusal(where, "keeps shares in the registry");
    }
    if (name == "configfile") return Refusal(where, "names another configuration: " + value);
    return std::nullopt;
  }

  static StreamError Refusal(const std::string& where, const std::string& what) {
    return {"ADS_UNSUPPORTED", 0, "open",
            where + " " + what +
                ", so the shares and their stream options are not known; write them to a file with "
                "`testparm -s > FILE`, take that line out, and name the file (--smb-conf FILE, or "
                "smbConf in agent.json)"};
  }

  SmbSection& SectionOf(std::string_view name) {
    const std::string folded = FoldedSmbName(name);
    if (folded == "global" || folded == "globals") return sections_.global;
    for (SmbSection& share : sections_.shares) {
      if (FoldedSmbName(share.name) == folded) return share;
    }
    return sections_.shares.emplace_back(SmbSection{std::string(name), {}});
  }

  SmbSections sections_;
  SmbSection* section_ = &sections_.global;  // what stands above the first section is global
};

}  // namespace

std::string FoldedSmbName(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (!IsBlank(c)) folded.push_back(Lower(c));
  }
  return folded;
}

Result<SmbSections> ParseSmbConf(const std::string& path) {
  Parser parser;
  if (auto error = parser.ReadFile(path, 0)) return *error;
  return parser.Take();
}

}  // namespace sidestream
