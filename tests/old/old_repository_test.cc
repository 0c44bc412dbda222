// Repositories of every format version, as they were written then: they open, hold what they held,
// and can be gone on with. And what check says of damaged ones. Within version 1 records and
// attestations had earlier forms: early-N has those of form N. (FORMAT.md has a vector of each,
// which format_test.cc reads.)
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>

#include "store/core/error.h"
#include "store/core/ids.h"
#include "store/repository/repository_config.h"
#include "store/transform/digest.h"
#include "store/transform/seal.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

const std::filesystem::path kData = VARVE_TEST_DATA;

class OldRepository : public VarveProgram, public testing::WithParamInterface<std::string> {
 protected:
  OldRepository() { copy(GetParam()); }

  void copy(const std::string& format) const {
    std::filesystem::copy(kData / format, repository(), std::filesystem::copy_options::recursive);
  }
  // SNAPSHOT/PATH and the SHA-256 of its bytes, as the script that made it wrote them down.
  static std::map<std::string, std::string> sums() {
    std::map<std::string, std::string> found;
    std::ifstream in(kData / (GetParam() + ".sha256"));
    for (std::string line; std::getline(in, line);) found[line.substr(66)] = line.substr(0, 64);
    return found;
  }
  std::string sum_of(const std::string& path) const {
    std::string argument = path;
    argument[path.find('/')] = ':';
    const std::string content = must({"cat", argument});
    Sha256Stream hash;
    hash.update(as_bytes(content));
    return to_hex(hash.finish().view());
  }
  void expect_what_it_held() const {
    std::map<std::string, std::string> found;
    for (const std::string& name : names()) {
      const Json snapshot = must_json({"list", name});
      EXPECT_EQ(snapshot.at("snapshot").at("verified"), "full") << name;
      for (const Json& file : snapshot.at("files")) {
        if (file.at("type") != "file") continue;
        const std::string path = name + "/" + file.at("path").get<std::string>();
        found[path] = sum_of(path);
      }
    }
    EXPECT_EQ(found, sums());
    must({"check", "--read-data"});
  }
};

TEST_P(OldRepository, HoldsWhatItHeld) {
  ASSERT_GE(sums().size(), 10U);
  expect_what_it_held();
}

TEST_P(OldRepository, IsRestored) {
  must({"restore", names().front(), in_folder("out").native()});
  EXPECT_TRUE(std::filesystem::is_symlink(in_folder("out/www/link")));
  EXPECT_EQ(content_of(in_folder("out/www/sub/page.txt")), "plain\n");
}

TEST_P(OldRepository, IsGoneOnWith) {
  std::filesystem::create_directory(in_folder("www"));
  write_text(in_folder("www/new.html"), "new");
  must({"ingest", "--time", "2030-01-01", "www"});  // whatever the clock says
  EXPECT_EQ(must({"cat", "latest:www/new.html"}), "new");
  const Words before = names();
  must({"forget", before.front()});
  must({"gc"});
  must({"check", "--read-data"});
  const std::string kept = before[1] + "/history.db";
  EXPECT_EQ(sum_of(kept), sums().at(kept));
}

TEST_P(OldRepository, GetsItsCatalogBack) {
  std::filesystem::remove(repository() / "catalog.db");
  EXPECT_EQ(varve({"repair", "catalog"}).status, 0);
  must({"check", "--read-data"});
  for (const auto& [path, sum] : sums()) EXPECT_EQ(sum_of(path), sum) << path;
}

INSTANTIATE_TEST_SUITE_P(Formats, OldRepository, testing::Values("format-1"),
                         [](const auto& format) {
                           std::string name = format.param;  // a test's has letters and digits
                           std::erase(name, '-');
                           return name;
                         });

// --- earlier forms of records -----------------------------------------------------------------

class EarlyRecords : public OldRepository {
 protected:
  // What each file of this folder begins with.
  std::set<std::string> magics_in(const std::string& part) const {
    std::set<std::string> found;
    for (const auto& file : std::filesystem::directory_iterator(repository() / part)) {
      found.insert(content_of(file.path()).substr(0, 8));
    }
    return found;
  }
};

TEST_P(EarlyRecords, AreReadAndProven) {
  const char form = GetParam().back();
  EXPECT_EQ(magics_in("snapshots"), std::set{std::string("VARVESN") + form});
  EXPECT_EQ(magics_in("attestations"), std::set{std::string("VARVEAT") + form});
  ASSERT_EQ(sums().size(), 6U);
  expect_what_it_held();
  for (const std::string& name : names()) must({"verify", name});
  expect_what_it_held();
}

TEST_P(EarlyRecords, AreGoneOnWith) {
  const Words before = names();
  must({"restore", before[1] + ":shop.db", in_folder("shop.db").native()});
  must({"ingest", "--time", "2030-01-01", "shop.db"});
  must({"forget", before.front()});
  must({"gc"});
  must({"check", "--read-data"});
  for (const auto& [path, sum] : sums()) {
    if (path.starts_with(before.front())) continue;
    EXPECT_EQ(sum_of(path), sum) << path;
  }
}

TEST_P(EarlyRecords, GiveTheCatalogBack) {
  std::filesystem::remove(repository() / "catalog.db");
  must({"repair", "catalog"});
  expect_what_it_held();
}

INSTANTIATE_TEST_SUITE_P(Forms, EarlyRecords, testing::Values("early-1"),
                         [](const auto& form) { return "Form" + form.param.substr(6); });

// --- damage ----------------------------------------------------------------------------------

// A line of format-N.damage: FILE | what is done to it | what check says.
struct Damaged {
  std::string file;
  std::string deed;  // "flip OFFSET", "cut LENGTH", "remove"
  std::string words;
};

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<Damaged> damaged_variants(const std::string& format) {
  std::vector<Damaged> variants;
  std::ifstream in(kData / (format + ".damage"));
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream parts(line);
    std::string file;
    std::string deed;
    std::string words;
    std::getline(parts, file, '|');
    std::getline(parts, deed, '|');
    std::getline(parts, words);
    variants.push_back({trimmed(file), trimmed(deed), trimmed(words)});
  }
  return variants;
}

void damage(const std::filesystem::path& file, const std::string& deed) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  std::istringstream in(deed);
  std::string verb;
  std::uint64_t number = 0;
  in >> verb >> number;
  if (verb == "remove") {
    std::filesystem::remove(file);
  } else if (verb == "cut") {
    std::filesystem::resize_file(file, number);
  } else if (verb != "flip") {
    throw std::runtime_error("no such damage: " + deed);
  } else {
    std::string bytes = content_of(file);
    bytes.at(number) = static_cast<char>(bytes.at(number) ^ 0x10);
    write_text(file, bytes);
  }
}

TEST_P(OldRepository, IsDamagedInWaysThatCheckFinds) {
  const std::vector<Damaged> variants = damaged_variants(GetParam());
  ASSERT_GE(variants.size(), 8U);
  for (const Damaged& variant : variants) {
    std::filesystem::remove_all(repository());
    copy(GetParam());
    damage(repository() / variant.file, variant.deed);
    const ProgramResult result = varve({"check", "--read-data"});
    EXPECT_NE(result.status, 0) << variant.file << " " << variant.deed;
    expect_holds(result.out + result.err, variant.words);
  }
}

// --- the future ------------------------------------------------------------------------------

TEST_P(OldRepository, OfAFutureFormatIsRefusedWithOneLine) {
  std::string config = content_of(repository() / "config");
  config.at(8) = kFormatVersion + 1;  // and its seal is one of that format, whatever that is
  std::filesystem::permissions(repository() / "config", std::filesystem::perms::owner_all);
  write_text(repository() / "config", config);
  for (const Words& words : {Words{"list"}, Words{"check"}, Words{"gc"}, Words{"repair", "catalog"},
                             Words{"repair", "packs"}, Words{"ingest", "config"}}) {
    const std::string line = refused(1, words);
    expect_holds(line, "format " + std::to_string(kFormatVersion + 1));
    expect_holds(line, "use a newer varve");
  }
}

TEST_P(OldRepository, WithACatalogOfTheFutureIsRefusedWithOneLine) {
  Database(repository() / "catalog.db").run("PRAGMA user_version=2");
  const std::string line = refused(1, {"list"});
  expect_holds(line, "written by a newer varve");
}

}  // namespace
}  // namespace varve
