#include "tools/cli/mount_helper.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/core/file.h"

namespace varve::cli {
namespace {

struct Call {
  std::vector<std::string> places;  // the repository, the folder
  std::string options;
  bool is_fake = false;
  bool is_verbose = false;
};

// Letters may share a dash (-sn); what takes a value takes the rest of the word, or the next one.
class Parser {
 public:
  explicit Parser(const std::vector<std::string>& words) : words_(words) {}

  Call parse() {
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      if (word.size() > 1 && word.front() == '-') {
        take_letters(word);
      } else {
        call_.places.push_back(word);
      }
    }
    return std::move(call_);
  }

 private:
  void take_letters(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      switch (word[i]) {
        case 'o':
          add_options(value(word, i + 1));
          return;
        case 't':
        case 'N':
          value(word, i + 1);
          return;
        case 'f':
          call_.is_fake = true;
          break;
        case 'v':
          call_.is_verbose = true;
          break;
        case 's':  // be tolerant, which we are
        case 'n':  // no mtab, which there is none of
          break;
        default:
          throw Error(ErrorCode::usage, fmt::format("-{}: unknown to a mount helper", word[i]));
      }
    }
  }

  std::string value(const std::string& word, std::size_t rest) {
    if (rest < word.size()) return word.substr(rest);
    if (at_ < words_.size()) return words_[at_++];
    throw Error(ErrorCode::usage, fmt::format("{} needs a value", word));
  }

  void add_options(const std::string& options) {
    if (!call_.options.empty()) call_.options += ',';
    call_.options += options;
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  Call call_;
};

}  // namespace

bool is_mount_helper(const std::string& program) {
  const std::string name = Path(program).filename();
  return name == "mount.varve" || name == "mount.fuse.varve";
}

std::vector<std::string> mount_command(const std::vector<std::string>& arguments) {
  const Call call = Parser(arguments).parse();
  if (call.places.size() != 2) {
    throw Error(ErrorCode::usage,
                "a mount helper takes a repository and a folder: "
                "mount -t varve REPO DIR");
  }
  if (call.is_fake) return {};
  std::vector<std::string> words{"-r", call.places[0], "mount", call.places[1]};
  if (!call.options.empty()) words.insert(words.end(), {"-o", call.options});
  if (call.is_verbose) words.emplace_back("--verbose");
  return words;
}

}  // namespace varve::cli
